/* The emulator as a user has it: the program `batchrouter emulate` as a child, spoken to over HTTP. */
#pragma once

#include <stdint.h>

typedef struct vendors vendors;

/* Starts the emulator with these arguments, NULL at the end. Its time stands still until vendors_advance. */
vendors *vendors_start(const char *const *arguments);
/* An emulator that another process started, by its origin. */
vendors *vendors_known(const char *origin);
void vendors_stop(vendors *self);

/* The base URL of a vendor, and that of the emulator itself. */
const char *vendors_url(const vendors *self, const char *vendor);
const char *vendors_origin(const vendors *self);

void vendors_advance(const vendors *self, int64_t ms);
/* A scripted fault in its text form (docs/emulator.md). */
void vendors_fault(const vendors *self, const char *text);
/* Prints the ledger, for a test that fails by it. */
void vendors_tell(const vendors *self);
/* A number of the ledger, such as "creates". */
int64_t vendors_ledger(const vendors *self, const char *field);
/* Waits until a number of the ledger is at least `least`. */
void vendors_wait(const vendors *self, const char *field, int64_t least);
