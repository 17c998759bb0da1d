/* The emulator for tests in C. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct emulator emulator;

/* A vendor on a loopback port whose batches end after `polls` looks at them; any key will do. Never NULL: a test that
 * cannot have its emulator ends the program. */
emulator *emulator_start(int polls);
/* The base URL of "openai"; valid until emulator_stop. */
const char *emulator_base_url(emulator *self);
/* Adds a scripted fault in its text form (docs/emulator.md). */
void emulator_add_fault(emulator *self, const char *text);
int64_t emulator_batches_created(emulator *self);
int64_t emulator_requests_billed(emulator *self);
int64_t emulator_requests_twice_paid(emulator *self);
void emulator_stop(emulator *self);

#ifdef __cplusplus
}
#endif
