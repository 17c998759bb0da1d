/* Captured calls from C: so many are taken, a thousand in one sync, and all answers are fetched and delivered.
 * captured COUNT URL KEY=VALUE…     prints seconds, answers a second, and how many were no success. */
#include <batchrouter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { AT_ONCE = 1000 };

static void must(br_status status, br_error *error) {
  if (status >= 0) return;
  fprintf(stderr, "%s\n", error != NULL ? br_error_message(error) : br_status_name(status));
  exit(1);
}

static double now_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static br_exchange *call_of(const char *url, long number) {
  char body[256];
  const int length = snprintf(body, sizeof body,
                              "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Question %ld\"}]}",
                              number);
  br_error *error = NULL;
  br_exchange *exchange = br_exchange_new("POST", url);
  must(br_exchange_add_header(exchange, "authorization", "Bearer bench", &error), error);
  must(br_exchange_add_header(exchange, "content-type", "application/json", &error), error);
  must(br_exchange_set_body(exchange, body, (size_t)length, &error), error);
  return exchange;
}

static void take_all(br_capture *capture, const char *url, long count) {
  static br_exchange *calls[AT_ONCE];
  static int64_t ids[AT_ONCE];
  for (long first = 0; first < count; first += AT_ONCE) {
    const size_t some = (size_t)(count - first < AT_ONCE ? count - first : AT_ONCE);
    for (size_t i = 0; i < some; i++) calls[i] = call_of(url, first + (long)i);
    br_error *error = NULL;
    must(br_capture_take_many(capture, (const br_exchange *const *)calls, some, ids, &error), error);
    for (size_t i = 0; i < some; i++) br_exchange_free(calls[i]);
  }
}

static long receive_all(br_capture *capture, long count) {
  static br_answer *answers[AT_ONCE];
  long failed = 0;
  for (long received = 0; received < count;) {
    size_t some = 0;
    br_error *error = NULL;
    const br_status status = br_capture_next(capture, 1000, answers, AT_ONCE, &some, &error);
    must(status, error);
    for (size_t i = 0; i < some; i++) {
      const int32_t http = br_answer_status(answers[i]);
      failed += http != 200;
      must(br_answer_delivered(answers[i], &error), error);
      br_answer_free(answers[i]);
    }
    received += (long)some;
  }
  return failed;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  const long count = strtol(argv[1], NULL, 10);
  br_error *error = NULL;
  br_config *config = br_config_new();
  for (int i = 3; i < argc; i++) {
    char *value = strchr(argv[i], '=');
    if (value == NULL) return 2;
    *value++ = '\0';
    must(br_config_set(config, argv[i], value, &error), error);
  }
  br_router *router = NULL;
  must(br_router_new(config, &router, &error), error);
  br_config_free(config);
  br_capture *capture = NULL;
  must(br_capture_new(router, &capture, &error), error);
  const double began = now_s();
  take_all(capture, argv[2], count);
  const double taken = now_s();
  must(br_capture_flush(capture, &error), error);
  const long failed = receive_all(capture, count);
  const double ended = now_s();
  printf("%ld calls: taken in %.3f s, all in %.3f s, %.0f a second, %ld failed\n", count, taken - began, ended - began,
         (double)count / (ended - began), failed);
  br_capture_free(capture);
  br_router_free(router);
  return failed == 0 ? 0 : 1;
}
