/* Loading, using and dropping the library 1,000 times leaves no descriptor and no thread behind. argv[1]: the library.
 */
#include <batchrouter.h>
#include <dirent.h>
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *library_path;

static int entries(const char *directory) {
  DIR *dir = opendir(directory);
  int count = 0;
  assert_non_null(dir);
  while (readdir(dir) != NULL) count++;
  closedir(dir);
  return count;
}

#define LOAD(library, name) (*(void **)&name = dlsym(library, "br_" #name), assert_non_null(name))

static void use(void *library, const char *dir) {
  const char *(*version)(void);
  br_config *(*config_new)(void);
  void (*config_free)(br_config *);
  br_status (*config_set)(br_config *, const char *, const char *, br_error **);
  br_status (*router_new)(const br_config *, br_router **, br_error **);
  void (*router_free)(br_router *);
  LOAD(library, version);
  LOAD(library, config_new);
  LOAD(library, config_free);
  LOAD(library, config_set);
  LOAD(library, router_new);
  LOAD(library, router_free);
  assert_string_equal(version(), BR_VERSION_STRING);
  br_config *config = config_new();
  if (dir != NULL) {
    assert_int_equal(config_set(config, "state_dir", dir, NULL), BR_OK);
    br_router *router = NULL;
    assert_int_equal(router_new(config, &router, NULL), BR_OK);
    router_free(router);
  }
  config_free(config);
}

static void a_thousand_loads_leave_nothing_behind(void **state) {
  (void)state;
  const char *parent = getenv("TMPDIR");
  char dir[512], state_dir[520];
  snprintf(dir, sizeof dir, "%s/br-dlopen-XXXXXX", parent != NULL ? parent : "/tmp");
  assert_non_null(mkdtemp(dir));
  snprintf(state_dir, sizeof state_dir, "%s/s", dir);
  int descriptors = 0, threads = 0;
  for (int i = 0; i < 1000; i++) {
    void *library = dlopen(library_path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) fail_msg("%s", dlerror());
    use(library, i % 20 == 0 ? state_dir : NULL);
    assert_int_equal(dlclose(library), 0);
    if (i == 0) {
      descriptors = entries("/proc/self/fd");
      threads = entries("/proc/self/task");
    }
  }
  assert_int_equal(entries("/proc/self/fd"), descriptors);
  assert_int_equal(entries("/proc/self/task"), threads);
  /* The routers had no jobs: they removed what they made. */
  assert_int_equal(rmdir(dir), 0);
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  library_path = argv[1];
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_thousand_loads_leave_nothing_behind)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
