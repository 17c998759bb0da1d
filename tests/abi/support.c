#define _GNU_SOURCE /* nftw */
#include "support.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

char *make_directory(void) {
  const char *parent = getenv("TMPDIR");
  char path[512];
  snprintf(path, sizeof path, "%s/br-abi-XXXXXX", parent != NULL ? parent : "/tmp");
  assert_non_null(mkdtemp(path));
  return strdup(path);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk) {
  (void)info, (void)type, (void)walk;
  return remove(path);
}

void remove_directory(char *path) {
  nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  free(path);
}

const char *dead_url(void) {
  static char url[64];
  if (url[0] != '\0') return url;
  /* Bound, so that nobody else takes the port, and never listening. */
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  assert_true(fd >= 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
  snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", ntohs(address.sin_port));
  return url;
}

br_config *config_for(const char *state_dir, const char *base_url) {
  br_config *config = br_config_new();
  assert_non_null(config);
  assert_int_equal(br_config_set(config, "state_dir", state_dir, NULL), BR_OK);
  assert_int_equal(br_config_set(config, "openai.base_url", base_url, NULL), BR_OK);
  assert_int_equal(br_config_set(config, "openai.api_key", "test-key", NULL), BR_OK);
  assert_int_equal(br_config_set(config, "poll.interval_ms", "1", NULL), BR_OK);
  return config;
}

br_router *open_router(const char *state_dir, const char *base_url) {
  br_config *config = config_for(state_dir, base_url);
  br_router *router = NULL;
  br_error *error = NULL;
  assert_ok(br_router_new(config, &router, &error), &error);
  br_config_free(config);
  return router;
}

br_batch *batch_of(int count) {
  br_batch *batch = br_batch_new("openai");
  for (int i = 0; i < count; i++) {
    char line[256];
    int length = snprintf(line, sizeof line,
                          "{\"custom_id\":\"r%d\",\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\","
                          "\"content\":\"Question %d\"}]}",
                          i, i);
    assert_int_equal(br_batch_add_jsonl(batch, line, (size_t)length, NULL), BR_OK);
  }
  return batch;
}

br_job *submit(br_router *router, int count) {
  br_batch *batch = batch_of(count);
  br_job *job = NULL;
  br_error *error = NULL;
  assert_ok(br_submit(router, batch, NULL, NULL, NULL, &job, &error), &error);
  br_batch_free(batch);
  return job;
}

static const char *message_of(br_error *error) { return error != NULL ? br_error_message(error) : "no error object"; }

void assert_ok(br_status status, br_error **error) {
  if (status >= 0 && *error == NULL) return;
  fail_msg("%s: %s", br_status_name(status), message_of(*error));
}

void assert_refused(br_status status, br_status want, br_error **error) {
  if (status != want)
    fail_msg("%s where %s is due: %s", br_status_name(status), br_status_name(want), message_of(*error));
  assert_non_null(*error);
  assert_int_equal(br_error_code(*error), want);
  assert_true(br_error_message(*error)[0] != '\0');
  br_error_free(*error);
  *error = NULL;
}
