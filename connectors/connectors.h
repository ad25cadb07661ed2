/* connectors.h: the connectors and formats of this program, one row each in connectors.def. */
#pragma once

#include "connectors/connector.h"

#define CONNECTOR(name) extern const struct connector_class name##_connector;
#define FORMAT(name) extern const struct format_class name##_format;
#include "connectors/connectors.def"
#undef CONNECTOR
#undef FORMAT
