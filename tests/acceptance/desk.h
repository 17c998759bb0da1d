/* The emulator and an empty state directory: what the tests of single verbs start from. */
#pragma once

#include "acceptance/twenty.h"

enum { kPatience = 60000 };

typedef struct desk {
  vendors *at;
  char *state_dir;
  int64_t creates, uploads; /* of the ledger, before the test */
} desk;

/* How many batches were made, files uploaded, since the test began. */
int64_t made_since(const desk *self);
int64_t uploaded_since(const desk *self);
/* `rows` rows of a vendor, under ids that begin with `prefix`; all of them name `prefix` in their text. */
br_batch *rows_of(const char *provider, const char *prefix, int rows);

void missing_providers_are_named_together_and_nothing_is_sent(void **state);
void batches_over_the_vendors_sizes_are_refused_before_anything_is_sent(void **state);
void duplicate_ids_are_found_in_a_batch_and_on_request_across_all(void **state);
void wrong_lines_of_several_batches_are_collected_together(void **state);
void providers_are_removed_and_added_again(void **state);
void a_plan_tells_batches_and_cost_and_a_budget_is_kept(void **state);

void a_single_batch_is_run_and_tells_when_it_is_done(void **state);
void a_batch_overrides_the_routers_polling(void **state);
void a_call_overrides_the_routers_timeout(void **state);
void a_batch_that_the_vendor_refuses_hurts_no_other(void **state);
void a_running_batch_is_read_as_its_results_come(void **state);
void a_refresh_tells_what_was_so_after_it_was_asked(void **state);
