/* The twenty batches of the acceptance: six vendors, sizes from one row to some hundreds, ids that say where they
 * belong. */
#pragma once

#include <batchrouter.h>

#include "acceptance/vendors.h"

enum { kTwenty = 20, kVendorsUsed = 6, kLargest = 420 };

extern const char *const vendor_names[kVendorsUsed];

/* Of batch number `index`. */
const char *provider_of(int index);
int size_of(int index);
int total_size(void);
/* The id of a row: "b07-r0012". id holds at least 16 bytes. */
void id_of(int index, int row, char *id);
/* What an id belongs to; fails the test for one that was never asked. */
void place_of(const char *custom_id, int *index, int *row);

/* Batch number `index`, under the name "batch-07". */
br_batch *make_batch(int index);
void make_twenty(br_batch **batches);
void free_batches(br_batch **batches, int count);
void free_jobs(br_job **jobs, int count);

/* All six vendors at the emulator, with the key "good", polling fast. */
br_config *config_of(const vendors *at, const char *state_dir);
void set(br_config *config, const char *key, const char *value);
br_router *open_with(const br_config *config);
/* The same in one call. */
br_router *open_at(const vendors *at, const char *state_dir);

/* `text` is the answer to that id. */
int answers(const br_result *result);
