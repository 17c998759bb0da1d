/* The kit, run against a provider that is built in. usage: built_in_check NAME MODEL STATE_DIR BASE_URL */
#include "provider_check.h"

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  char url_key[64], key_key[64];
  snprintf(url_key, sizeof url_key, "%s.base_url", argv[1]);
  snprintf(key_key, sizeof key_key, "%s.api_key", argv[1]);
  const char *const settings[] = {url_key, argv[4], key_key, "sk-check", "submit.settle_ms", "500", NULL};
  const struct provider_check check = {.name = argv[1],
                                       .settings = settings,
                                       .model = argv[2],
                                       .state_dir = argv[3],
                                       .timeout_ms = 30000,
                                       .report = stdout};
  return provider_check(&check) == 0 ? 0 : 1;
}
