/* Captured calls: what a program would have sent to a vendor is answered from a batch, and nothing is paid twice. */
#include <stdio.h>
#include <string.h>

#include "support.h"
#include "support/emulator_c.h"

struct world {
  emulator *vendor;
  char *dir;
  br_router *router;
  br_capture *capture;
};

static void open_again(struct world *w) {
  br_config *config = br_config_new();
  assert_int_equal(br_config_set(config, "state_dir", w->dir, NULL), BR_OK);
  assert_int_equal(br_config_set(config, "openai.base_url", emulator_base_url(w->vendor), NULL), BR_OK);
  assert_int_equal(br_config_set(config, "capture.window_ms", "20", NULL), BR_OK);
  assert_int_equal(br_config_set(config, "capture.poll_interval_ms", "5", NULL), BR_OK);
  assert_int_equal(br_router_new(config, &w->router, NULL), BR_OK);
  br_config_free(config);
  assert_int_equal(br_capture_new(w->router, &w->capture, NULL), BR_OK);
}

static struct world begin(void) {
  struct world w = {.vendor = emulator_start(1), .dir = make_directory()};
  open_again(&w);
  return w;
}

static void close_all(struct world *w) {
  br_capture_free(w->capture);
  /* A create call that is cut off may have been carried out, and is looked for before it is made again. */
  assert_int_equal(br_router_close(w->router, -1, NULL), BR_OK);
  br_router_free(w->router);
}

static void end(struct world *w) {
  close_all(w);
  remove_directory(w->dir);
  emulator_stop(w->vendor);
}

static br_exchange *question(const struct world *w, const char *text, const char *more) {
  char url[256], body[512];
  snprintf(url, sizeof url, "%s/chat/completions", emulator_base_url(w->vendor));
  snprintf(body, sizeof body, "{\"model\": \"gpt-4o-mini\"%s, \"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}",
           more, text);
  br_exchange *exchange = br_exchange_new("POST", url);
  assert_int_equal(br_exchange_add_header(exchange, "Content-Type", "application/json", NULL), BR_OK);
  assert_int_equal(br_exchange_add_header(exchange, "Authorization", "Bearer sk-caller", NULL), BR_OK);
  assert_int_equal(br_exchange_set_body(exchange, body, strlen(body), NULL), BR_OK);
  return exchange;
}

static int64_t ask(struct world *w, const char *text, const char *more) {
  br_exchange *exchange = question(w, text, more);
  int64_t id = 0;
  assert_int_equal(br_capture_take(w->capture, exchange, NULL, NULL, NULL, &id, NULL), BR_OK);
  br_exchange_free(exchange);
  assert_true(id > 0);
  return id;
}

static br_answer *next(struct world *w) {
  br_answer *answer = NULL;
  size_t count = 0;
  assert_int_equal(br_capture_next(w->capture, -1, &answer, 1, &count, NULL), BR_OK);
  assert_int_equal(count, 1);
  return answer;
}

static void deliver(br_answer *answer) {
  assert_int_equal(br_answer_delivered(answer, NULL), BR_OK);
  br_answer_free(answer);
}

static void call_is_answered_as_the_vendor_would(void **state) {
  (void)state;
  struct world w = begin();
  const int64_t id = ask(&w, "hello", "");
  br_answer *answer = next(&w);
  assert_int_equal(br_answer_id(answer), id);
  assert_int_equal(br_answer_status(answer), 200);
  assert_string_equal(br_answer_header_name(answer, 0), "content-type");
  assert_string_equal(br_answer_header_value(answer, 0), "application/json");
  assert_null(br_answer_header_name(answer, 1));
  assert_non_null(strstr(br_answer_body(answer, NULL), "\"object\":\"chat.completion\""));
  assert_null(br_answer_events(answer, NULL));
  assert_non_null(br_answer_batch_id(answer));
  assert_int_equal(br_answer_is_cached(answer), 0);
  deliver(answer);
  assert_int_equal(emulator_requests_billed(w.vendor), 1);
  end(&w);
}

static void calls_of_two_models_make_two_batches(void **state) {
  (void)state;
  struct world w = begin();
  br_exchange *exchanges[4];
  int64_t ids[4];
  for (int i = 0; i < 4; i++) {
    char text[16];
    snprintf(text, sizeof text, "text %d", i);
    exchanges[i] = question(&w, text, i < 2 ? "" : ", \"model\":\"gpt-4o\"");
  }
  assert_int_equal(br_capture_take_many(w.capture, (const br_exchange *const *)exchanges, 4, ids, NULL), BR_OK);
  for (int i = 0; i < 4; i++) br_exchange_free(exchanges[i]);
  for (int i = 0; i < 4; i++) deliver(next(&w));
  assert_int_equal(emulator_batches_created(w.vendor), 2);
  assert_int_equal(emulator_requests_billed(w.vendor), 4);
  end(&w);
}

static void other_calls_are_passed_through(void **state) {
  (void)state;
  struct world w = begin();
  char url[256];
  snprintf(url, sizeof url, "%s/models", emulator_base_url(w.vendor));
  br_exchange *other = br_exchange_new("GET", url);
  int64_t id = 7;
  assert_int_equal(br_capture_take(w.capture, other, NULL, NULL, NULL, &id, NULL), BR_PASS);
  assert_int_equal(id, 0);
  br_exchange_free(other);
  end(&w);
}

static void identical_calls_at_once_are_as_many_requests(void **state) {
  (void)state;
  struct world w = begin();
  for (int i = 0; i < 5; i++) ask(&w, "same", "");
  for (int i = 0; i < 5; i++) deliver(next(&w));
  assert_int_equal(emulator_requests_billed(w.vendor), 5);
  end(&w);
}

static void later_call_is_answered_by_the_earlier_answer(void **state) {
  (void)state;
  struct world w = begin();
  ask(&w, "same", "");
  deliver(next(&w));
  ask(&w, "same", "");
  br_answer *answer = next(&w);
  assert_int_equal(br_answer_is_cached(answer), 1);
  assert_int_equal(br_answer_status(answer), 200);
  deliver(answer);
  assert_int_equal(emulator_requests_billed(w.vendor), 1);
  end(&w);
}

static void caller_that_is_gone_leaves_its_answer_to_the_next(void **state) {
  (void)state;
  struct world w = begin();
  const int64_t id = ask(&w, "same", "");
  assert_int_equal(br_capture_leave(w.capture, id, NULL), BR_OK);
  assert_int_equal(br_capture_leave(w.capture, id, NULL), BR_ENOTFOUND);
  const int64_t again = ask(&w, "same", "");
  br_answer *answer = next(&w);
  assert_int_equal(br_answer_id(answer), again);
  br_answer_free(answer); /* not delivered */
  ask(&w, "same", "");
  answer = next(&w);
  assert_int_equal(br_answer_is_cached(answer), 0);
  deliver(answer);
  assert_int_equal(emulator_requests_billed(w.vendor), 1);
  end(&w);
}

static void restart_answers_whoever_asks_again(void **state) {
  (void)state;
  struct world w = begin();
  for (int i = 0; i < 3; i++) ask(&w, "same", "");
  close_all(&w);
  open_again(&w);
  for (int i = 0; i < 3; i++) ask(&w, "same", "");
  for (int i = 0; i < 3; i++) deliver(next(&w));
  assert_int_equal(emulator_requests_billed(w.vendor), 3);
  end(&w);
}

static void stream_is_made_of_the_answer(void **state) {
  (void)state;
  struct world w = begin();
  ask(&w, "hello", ", \"stream\": true");
  br_answer *answer = next(&w);
  assert_int_equal(br_answer_status(answer), 200);
  assert_non_null(strstr(br_answer_header_value(answer, 0), "text/event-stream"));
  assert_non_null(strstr(br_answer_body(answer, NULL), "data: [DONE]"));
  assert_string_equal(br_answer_body(answer, NULL), br_answer_events(answer, NULL));
  deliver(answer);
  end(&w);
}

struct told {
  int answers, destroyed;
};

static void tell(void *user_data, br_answer *answer) {
  ((struct told *)user_data)->answers += br_answer_status(answer) == 200;
  br_answer_delivered(answer, NULL);
  br_answer_free(answer);
}

static void drop(void *user_data) { ((struct told *)user_data)->destroyed++; }

static void callback_gets_the_answer_inside_poll(void **state) {
  (void)state;
  struct world w = begin();
  struct told told = {0, 0};
  br_exchange *exchange = question(&w, "hello", "");
  assert_int_equal(br_capture_take(w.capture, exchange, tell, &told, drop, NULL, NULL), BR_OK);
  br_exchange_free(exchange);
  while (told.answers == 0) br_poll(w.router, -1, NULL);
  end(&w);
  assert_int_equal(told.answers, 1);
  assert_int_equal(told.destroyed, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(call_is_answered_as_the_vendor_would),
      cmocka_unit_test(calls_of_two_models_make_two_batches),
      cmocka_unit_test(other_calls_are_passed_through),
      cmocka_unit_test(identical_calls_at_once_are_as_many_requests),
      cmocka_unit_test(later_call_is_answered_by_the_earlier_answer),
      cmocka_unit_test(caller_that_is_gone_leaves_its_answer_to_the_next),
      cmocka_unit_test(restart_answers_whoever_asks_again),
      cmocka_unit_test(stream_is_made_of_the_answer),
      cmocka_unit_test(callback_gets_the_answer_inside_poll),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
