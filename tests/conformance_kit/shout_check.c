/* The kit, run against the worked example. usage: shout_check STATE_DIR BATCH_DIR */
#include "provider_check.h"
#include "shout_provider.h"

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  const struct provider_check check = {.table = shout_table(),
                                       .user_data = shout_new(argv[2]),
                                       .destroy = shout_free,
                                       .model = "loud-1",
                                       .bad_model = "quiet-1",
                                       .state_dir = argv[1],
                                       .timeout_ms = 60000,
                                       .report = stdout};
  const int failures = provider_kill_check(&check);
  return failures + provider_check(&check) == 0 ? 0 : 1;
}
