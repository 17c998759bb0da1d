/* The runner of bindings/conformance/cases.json in C: its README says what the fields mean. */
#pragma once

#include <cJSON.h>

#include "support.h"

/* Far more than anything here takes: what waits longer hangs. */
enum { LIMIT_MS = 60000 };

/* `batchrouter emulate`, as a process of its own. */
typedef struct {
  int process;
  int port;
  char base_url[128];
} vendor;

/* Ends the test when the program does not start. arguments: a NULL-terminated list of at most 60. */
vendor vendor_start(const char *program, const char *const *arguments);
/* The emulator's ledger; freed by the caller. */
cJSON *vendor_ledger(const vendor *self);
void vendor_stop(vendor *self);

/* One case, with what the file says for all of them. */
typedef struct {
  const cJSON *file, *json;
} conformance_case;

/* The case's own field, else the file's; NULL if neither has it. */
const cJSON *case_field(const conformance_case *self, const char *key);
/* A field of "expect"; NULL means that anything will do. */
const cJSON *case_expects(const conformance_case *self, const char *key);
const char *case_text(const conformance_case *self, const char *key);
vendor case_start_vendor(const conformance_case *self, const char *program);
/* BR_OK, or the status of the first setting that was refused, with its error. */
br_status case_config(const conformance_case *self, const char *base_url, const char *state_dir, br_config **config,
                      br_error **err);
br_batch *case_batch(const conformance_case *self);

/* The call that the case expects to fail did fail as it says; frees the error. */
void check_error(const conformance_case *self, const char *call, br_status status, br_error **error);
/* The job and its results are as the case says. taken: NULL when the results were not taken. */
void check_outcome(const conformance_case *self, br_job *job, br_status wait, br_result *const *taken, size_t count);
void check_ledger(const conformance_case *self, const vendor *from);
