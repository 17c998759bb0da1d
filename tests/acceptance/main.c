/* The acceptance of the router: what seed 004 asks for, written from the header and the documents alone. */
#include <stdlib.h>
#include <string.h>

#include "abi/support.h"
#include "acceptance/desk.h"
#include "acceptance/killed.h"
#include "acceptance/life.h"
#include "acceptance/worker.h"

static vendors *start_still(void) {
  static const char *const arguments[] = {"--speed", "0", "--latency", "60s", "--key", "good", NULL};
  return vendors_start(arguments);
}

static int start_life(void **state) {
  life *self = calloc(1, sizeof *self);
  self->at = start_still();
  self->state_dir = make_directory();
  *state = self;
  return 0;
}

static int end_life(void **state) {
  life *self = *state;
  if (self->router != NULL) free_jobs(self->jobs, kTwenty);
  br_router_free(self->router);
  vendors_stop(self->at);
  remove_directory(self->state_dir);
  free(self);
  return 0;
}

static int start_desk(void **state) {
  desk *self = calloc(1, sizeof *self);
  self->at = start_still();
  *state = self;
  return 0;
}

static int end_desk(void **state) {
  desk *self = *state;
  vendors_stop(self->at);
  free(self);
  return 0;
}

static int clear_desk(void **state) {
  desk *self = *state;
  self->state_dir = make_directory();
  self->creates = self->uploads = 0;
  self->creates = made_since(self);
  self->uploads = uploaded_since(self);
  return 0;
}

static int empty_desk(void **state) {
  remove_directory(((desk *)*state)->state_dir);
  return 0;
}

#define ON_DESK(test) cmocka_unit_test_setup_teardown(test, clear_desk, empty_desk)

int main(int argc, char **argv) {
  if (argc == 4 && strcmp(argv[0], "worker") == 0) return worker_main(argv + 1);
  const struct CMUnitTest calls[] = {
      ON_DESK(missing_providers_are_named_together_and_nothing_is_sent),
      ON_DESK(batches_over_the_vendors_sizes_are_refused_before_anything_is_sent),
      ON_DESK(duplicate_ids_are_found_in_a_batch_and_on_request_across_all),
      ON_DESK(wrong_lines_of_several_batches_are_collected_together),
      ON_DESK(providers_are_removed_and_added_again),
      ON_DESK(a_plan_tells_batches_and_cost_and_a_budget_is_kept),
      ON_DESK(a_single_batch_is_run_and_tells_when_it_is_done),
      ON_DESK(a_batch_overrides_the_routers_polling),
      ON_DESK(a_call_overrides_the_routers_timeout),
      ON_DESK(a_batch_that_the_vendor_refuses_hurts_no_other),
      ON_DESK(a_running_batch_is_read_as_its_results_come),
      ON_DESK(a_refresh_tells_what_was_so_after_it_was_asked),
  };
  const struct CMUnitTest lives[] = {
      cmocka_unit_test(twenty_batches_of_six_vendors_are_run_in_one_life),
      cmocka_unit_test(the_next_life_ends_what_was_blocked_and_unread),
      cmocka_unit_test(what_was_cancelled_is_asked_again_and_paid_once),
      cmocka_unit_test(local_and_remote_lists_show_every_batch),
      cmocka_unit_test(a_batch_made_elsewhere_is_worked_on),
  };
  const struct CMUnitTest kills[] = {cmocka_unit_test(a_process_killed_at_any_moment_is_gone_on_with)};
  int failed = cmocka_run_group_tests(calls, start_desk, end_desk);
  failed += cmocka_run_group_tests(lives, start_life, end_life);
  return failed + cmocka_run_group_tests(kills, NULL, NULL);
}
