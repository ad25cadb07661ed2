/* pager.h: a long result is shown screen by screen by a program of the user's, as psql does: $PAGER, or less when that is not
 * set; with an empty $PAGER, and where less is missing, results run through.
 *
 * Between console_page and console_page_end the console holds back what still fits on the screen. What does not starts the
 * program, which gets all of it. When it leaves early the rest of the result goes nowhere, and that is no error.
 */
#pragma once

#include <stdbool.h>

#include "core/base/status.h"

struct console;

/* Does nothing when the console is no terminal or there is no program. */
void console_page(struct console *console);
/* Writes what is held back, or waits until the program has ended. */
enum status console_page_end(struct console *console, struct error *error) MUST_CHECK;

/* For console_flush: whether what is pending may be written to console->descriptor now. */
struct pager;
bool pager_lets_through(struct pager *pager, struct console *console);
/* The program reads no more. */
void pager_has_left(struct pager *pager);
