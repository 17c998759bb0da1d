/* What the tests of the C interface share. */
#pragma once

#include <batchrouter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A fresh directory of its own; removed, with all that is in it, by remove_directory, which frees the path too. */
char *make_directory(void);
void remove_directory(char *path);

/* A base URL on a loopback port where nobody listens: every vendor call fails at once and is tried again later. */
const char *dead_url(void);

/* A configuration with a key, a state directory and a base URL. */
br_config *config_for(const char *state_dir, const char *base_url);
br_router *open_router(const char *state_dir, const char *base_url);
/* `count` good requests. */
br_batch *batch_of(int count);
/* Submits a batch of `count` requests. */
br_job *submit(br_router *router, int count);

/* Both take the address of the error, because the order in which arguments are evaluated is open.
 * The call went well; fails with the error's message if not. */
void assert_ok(br_status status, br_error **error);
/* The call failed with `want` and gave an error object that says so; frees it. */
void assert_refused(br_status status, br_status want, br_error **error);
