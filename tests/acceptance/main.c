/* The acceptance of the router: what seed 004 asks for, written from the header alone. */
#include <stdlib.h>

#include "abi/support.h"
#include "acceptance/life.h"

static int start_life(void **state) {
  static const char *const arguments[] = {"--speed", "0", "--latency", "60s", "--key", "good", NULL};
  life *self = calloc(1, sizeof *self);
  self->at = vendors_start(arguments);
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

int main(void) {
  const struct CMUnitTest lives[] = {
      cmocka_unit_test(twenty_batches_of_six_vendors_are_run_in_one_life),
      cmocka_unit_test(the_next_life_ends_what_was_blocked_and_unread),
      cmocka_unit_test(what_was_cancelled_is_asked_again_and_paid_once),
      cmocka_unit_test(local_and_remote_lists_show_every_batch),
      cmocka_unit_test(a_batch_made_elsewhere_is_worked_on),
  };
  return cmocka_run_group_tests(lives, start_life, end_life);
}
