/* The kit, run against a provider that is built in. usage: built_in_check NAME MODEL ROWS STATE_DIR [KEY VALUE]... */
#include "provider_check.h"

#include <stdlib.h>

#define MAX_SETTINGS 16

int main(int argc, char **argv) {
  const int pairs = (argc - 5) / 2;
  if (argc < 5 || argc % 2 == 0 || pairs > MAX_SETTINGS) return 2;
  const char *settings[2 * MAX_SETTINGS + 3] = {"submit.settle_ms", "500"};
  for (int i = 0; i < 2 * pairs; i++) settings[2 + i] = argv[5 + i];
  const struct provider_check check = {.name = argv[1],
                                       .settings = settings,
                                       .model = argv[2],
                                       .state_dir = argv[4],
                                       .timeout_ms = 30000,
                                       .rows = atoi(argv[3]),
                                       .report = stdout};
  return provider_check(&check) == 0 ? 0 : 1;
}
