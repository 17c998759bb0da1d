/* NULL for every pointer of the functions for captured calls, as in nulls_test.c. */
#include <string.h>

#include "support.h"

static br_error *error;

#define REFUSED(call) assert_refused((call), BR_EINVAL, &error)
#define REFUSED_QUIETLY(call) assert_int_equal((call), BR_EINVAL)

static void no_answer(void *user_data, br_answer *answer) { (void)user_data, (void)answer; }

static int destroyed;
static void destroy(void *user_data) { (void)user_data, destroyed++; }

static void exchange_null_is_refused(void **state) {
  (void)state;
  assert_null(br_exchange_new(NULL, "https://api.openai.com/v1/chat/completions"));
  assert_null(br_exchange_new("POST", NULL));
  br_exchange_free(NULL);
  br_exchange *exchange = br_exchange_new("POST", "https://api.openai.com/v1/chat/completions");
  assert_non_null(exchange);
  REFUSED(br_exchange_add_header(NULL, "a", "b", &error));
  REFUSED(br_exchange_add_header(exchange, NULL, "b", &error));
  REFUSED(br_exchange_add_header(exchange, "a", NULL, &error));
  REFUSED(br_exchange_add_header(exchange, "a b", "c", &error));
  REFUSED_QUIETLY(br_exchange_add_header(exchange, "a", "b\r\nc: d", NULL));
  assert_int_equal(br_exchange_add_header(exchange, "a", "b", NULL), BR_OK);
  REFUSED(br_exchange_set_body(NULL, "x", 1, &error));
  REFUSED(br_exchange_set_body(exchange, NULL, 1, &error));
  assert_ok(br_exchange_set_body(exchange, NULL, 0, &error), &error);
  assert_int_equal(br_exchange_set_body(exchange, "x", 1, NULL), BR_OK);
  REFUSED(br_exchange_set(NULL, "cache", "off", &error));
  REFUSED(br_exchange_set(exchange, NULL, "off", &error));
  REFUSED(br_exchange_set(exchange, "cache", NULL, &error));
  assert_refused(br_exchange_set(exchange, "cache", "sometimes", &error), BR_ECONFIG, &error);
  assert_refused(br_exchange_set(exchange, "colour", "red", &error), BR_ECONFIG, &error);
  assert_int_equal(br_exchange_set(exchange, "cache", "off", NULL), BR_OK);
  br_exchange_free(exchange);
}

static void capture_null_is_refused(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_capture *capture = NULL;
  REFUSED(br_capture_new(NULL, &capture, &error));
  REFUSED(br_capture_new(router, NULL, &error));
  REFUSED_QUIETLY(br_capture_new(NULL, &capture, NULL));
  assert_ok(br_capture_new(router, &capture, &error), &error);
  br_capture *other = NULL;
  assert_refused(br_capture_new(router, &other, &error), BR_EALREADY, &error);
  assert_null(other);
  br_exchange *exchange = br_exchange_new("GET", "https://api.openai.com/v1/models");
  int64_t id = 7;
  REFUSED(br_capture_take(NULL, exchange, no_answer, NULL, destroy, &id, &error));
  REFUSED(br_capture_take(capture, NULL, no_answer, NULL, destroy, &id, &error));
  assert_int_equal(destroyed, 2);
  assert_int_equal(br_capture_take(capture, exchange, NULL, NULL, NULL, NULL, NULL), BR_PASS);
  assert_int_equal(br_capture_take(capture, exchange, no_answer, NULL, NULL, NULL, NULL), BR_PASS);
  assert_int_equal(br_capture_take(capture, exchange, NULL, capture, destroy, NULL, NULL), BR_PASS);
  assert_int_equal(destroyed, 3);
  assert_int_equal(br_capture_take(capture, exchange, NULL, NULL, NULL, &id, NULL), BR_PASS);
  assert_int_equal(br_capture_take(capture, exchange, no_answer, capture, NULL, &id, &error), BR_PASS);
  assert_int_equal(id, 0);
  const br_exchange *list[] = {exchange, NULL};
  int64_t ids[2];
  REFUSED(br_capture_take_many(NULL, list, 1, ids, &error));
  REFUSED(br_capture_take_many(capture, NULL, 1, ids, &error));
  REFUSED(br_capture_take_many(capture, list, 1, NULL, &error));
  REFUSED(br_capture_take_many(capture, list, 2, ids, &error));
  assert_int_equal(br_capture_take_many(capture, list, 1, ids, NULL), BR_OK);
  REFUSED(br_capture_leave(NULL, 1, &error));
  assert_int_equal(br_capture_leave(capture, 1, NULL), BR_ENOTFOUND);
  br_answer *answer = NULL;
  size_t count = 7;
  REFUSED(br_capture_next(NULL, 0, &answer, 1, &count, &error));
  REFUSED(br_capture_next(capture, 0, NULL, 1, &count, &error));
  REFUSED(br_capture_next(capture, 0, &answer, 1, NULL, &error));
  assert_int_equal(br_capture_next(capture, 0, &answer, 1, &count, NULL), BR_AGAIN);
  assert_int_equal(count, 0);
  REFUSED(br_capture_flush(NULL, &error));
  assert_int_equal(br_capture_flush(capture, NULL), BR_OK);
  size_t length = 7;
  assert_null(br_capture_stats_json(NULL, &length));
  assert_int_equal(length, 0);
  assert_non_null(br_capture_stats_json(capture, NULL));
  assert_null(br_capture_call_json(NULL, 1, &length));
  assert_null(br_capture_call_json(capture, 1, NULL));
  REFUSED(br_capture_close(NULL, 0, &error));
  assert_int_equal(br_capture_close(capture, 0, NULL), BR_OK);
  assert_int_equal(br_capture_close(capture, -1, NULL), BR_OK);
  br_capture_free(NULL);
  br_capture_free(capture);
  br_exchange_free(exchange);
  br_router_free(router);
  remove_directory(dir);
}

static void answer_null_gives_nothing(void **state) {
  (void)state;
  size_t length = 7;
  br_answer_free(NULL);
  assert_int_equal(br_answer_id(NULL), 0);
  assert_int_equal(br_answer_status(NULL), 0);
  assert_int_equal(br_answer_header_count(NULL), 0);
  assert_null(br_answer_header_name(NULL, 0));
  assert_null(br_answer_header_value(NULL, 0));
  assert_null(br_answer_body(NULL, &length));
  assert_int_equal(length, 0);
  assert_null(br_answer_body(NULL, NULL));
  length = 7;
  assert_null(br_answer_events(NULL, &length));
  assert_int_equal(length, 0);
  assert_null(br_answer_events(NULL, NULL));
  assert_null(br_answer_batch_id(NULL));
  assert_int_equal(br_answer_is_cached(NULL), 0);
  REFUSED(br_answer_delivered(NULL, &error));
  REFUSED_QUIETLY(br_answer_delivered(NULL, NULL));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exchange_null_is_refused),
      cmocka_unit_test(capture_null_is_refused),
      cmocka_unit_test(answer_null_gives_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
