/* A program that knows only what is installed. */
#include <batchrouter.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  br_config *config = br_config_new();
  br_error *error = NULL;
  int failed = config == NULL || strcmp(br_version(), BR_VERSION_STRING) != 0 || br_abi_version() != BR_ABI_VERSION ||
               br_config_set(config, "split", "auto", &error) != BR_OK || error != NULL;
  printf("%s %s\n", br_version(), br_config_get(config, "split"));
  br_config_free(config);
  return failed;
}
