/* gcs_token.h: OAuth access tokens for Google Cloud Storage, kept until shortly before they expire.
 *
 *     GOOGLE_APPLICATION_CREDENTIALS=key.json   a service account: signs a JWT (RS256) and trades it for a token
 *     otherwise                                 the metadata server of the machine (GCE_METADATA_HOST)
 *     STORAGE_EMULATOR_HOST without either      no token */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/str.h"

struct env;
struct gcs_token;
struct http_client;

/* Reads the environment and the key; sends nothing. Borrows env and client. */
enum status gcs_token_new(struct env *env, struct http_client *http, bool emulated, struct gcs_token **token,
                          struct error *error) MUST_CHECK;
void gcs_token_free(struct gcs_token *token);
/* Appends "Bearer …" to `header`, or nothing when none is needed. Any thread. */
enum status gcs_token_get(struct gcs_token *token, struct strbuf *header, struct error *error) MUST_CHECK;
/* The store refused it: the next call gets a new one. */
void gcs_token_forget(struct gcs_token *token);

/* A signed JWT (RFC 7515, 7519), valid for an hour. `key_pem` is a PKCS #8 private key. */
enum status gcs_token_sign(const char *key_pem, const char *key_id, const char *issuer, const char *audience,
                           int64_t now_s, struct strbuf *jwt, struct error *error) MUST_CHECK;
