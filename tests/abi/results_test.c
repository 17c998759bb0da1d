/* Results: how long they live, how often they come, what acknowledging does. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"
#include "support/emulator_c.h"

struct world {
  emulator *vendor;
  char *dir;
  br_router *router;
  br_job *job;
};

static struct world run_job(int requests) {
  struct world w = {.vendor = emulator_start(1), .dir = make_directory()};
  w.router = open_router(w.dir, emulator_base_url(w.vendor));
  w.job = submit(w.router, requests);
  assert_int_equal(br_job_wait(w.job, -1, NULL), BR_OK);
  assert_int_equal(br_job_is_done(w.job), 1);
  return w;
}

static void end(struct world *w) {
  br_job_free(w->job);
  br_router_free(w->router);
  remove_directory(w->dir);
  emulator_stop(w->vendor);
}

enum { kRouter, kJob, kResult, kResults, kHandles };

static int next_order(int *order) {
  int i = kHandles - 2, j = kHandles - 1;
  while (i >= 0 && order[i] > order[i + 1]) i--;
  if (i < 0) return 0;
  while (order[j] < order[i]) j--;
  int swap = order[i];
  order[i] = order[j], order[j] = swap;
  for (int a = i + 1, b = kHandles - 1; a < b; a++, b--) swap = order[a], order[a] = order[b], order[b] = swap;
  return 1;
}

static void results_outlive_router_and_job_in_every_order(void **state) {
  (void)state;
  int order[kHandles] = {kRouter, kJob, kResult, kResults};
  do {
    struct world w = run_job(2);
    br_result *result = NULL;
    br_results *results = NULL;
    assert_int_equal(br_next_result(w.router, w.job, -1, &result, NULL), BR_OK);
    assert_int_equal(br_results_open(w.job, &results, NULL), BR_OK);
    for (int i = 0; i < kHandles; i++) {
      if (order[i] == kRouter) br_router_free(w.router), w.router = NULL;
      if (order[i] == kJob) br_job_free(w.job), w.job = NULL;
      if (order[i] == kResult) {
        assert_non_null(br_result_text(result, NULL));
        br_result_free(result);
      }
      if (order[i] == kResults) {
        br_result *other = NULL;
        size_t count = 0;
        assert_int_equal(br_results_next(results, &other, 1, &count, NULL), BR_OK);
        assert_int_equal(br_result_ack(other, NULL), BR_OK);
        br_result_free(other);
        br_results_free(results);
      }
    }
    end(&w);
  } while (next_order(order));
}

static void unacknowledged_results_come_again_and_say_so(void **state) {
  (void)state;
  struct world w = run_job(3);
  br_result *taken[3];
  size_t count = 0;
  assert_int_equal(br_next_results(w.router, w.job, -1, taken, 3, &count, NULL), BR_OK);
  assert_int_equal(count, 3);
  assert_int_equal(br_result_redelivered(taken[0]), 0);
  assert_int_equal(br_result_ack(taken[0], NULL), BR_OK);
  br_result *more = NULL;
  assert_int_equal(br_next_result(w.router, w.job, -1, &more, NULL), BR_END);
  br_router_free(w.router);
  w.router = open_router(w.dir, emulator_base_url(w.vendor));
  br_job *again = NULL;
  assert_int_equal(br_job_open(w.router, br_job_id(w.job), &again, NULL), BR_OK);
  for (int i = 1; i < 3; i++) {
    assert_int_equal(br_next_result(w.router, again, -1, &more, NULL), BR_OK);
    assert_string_equal(br_result_custom_id(more, NULL), br_result_custom_id(taken[i], NULL));
    assert_int_equal(br_result_redelivered(more), 1);
    assert_int_equal(br_result_ack(more, NULL), BR_OK);
    br_result_free(more);
  }
  assert_int_equal(br_next_result(w.router, again, -1, &more, NULL), BR_END);
  for (int i = 0; i < 3; i++) br_result_free(taken[i]);
  br_job_free(again);
  end(&w);
}

static void returned_result_is_the_next_one_again(void **state) {
  (void)state;
  struct world w = run_job(3);
  br_result *taken[3], *again = NULL;
  size_t count = 0;
  assert_int_equal(br_next_results(w.router, w.job, -1, taken, 3, &count, NULL), BR_OK);
  assert_int_equal(count, 3);
  char id[32];
  snprintf(id, sizeof id, "%s", br_result_custom_id(taken[1], NULL));
  assert_int_equal(br_result_return(taken[1], NULL), BR_OK);
  assert_int_equal(br_next_result(w.router, w.job, -1, &again, NULL), BR_OK);
  assert_string_equal(br_result_custom_id(again, NULL), id);
  assert_int_equal(br_result_redelivered(again), 0);
  assert_int_equal(br_result_return(again, NULL), BR_OK);
  assert_int_equal(br_next_result(w.router, NULL, -1, &again, NULL), BR_OK);
  assert_string_equal(br_result_custom_id(again, NULL), id);
  br_result_free(again);
  assert_int_equal(br_next_result(w.router, w.job, -1, &again, NULL), BR_END);
  br_result_free(taken[0]);
  br_result_free(taken[2]);
  end(&w);
}

static void acknowledged_result_that_is_returned_does_not_come_again(void **state) {
  (void)state;
  struct world w = run_job(1);
  br_result *result = NULL;
  assert_int_equal(br_next_result(w.router, w.job, -1, &result, NULL), BR_OK);
  assert_int_equal(br_result_ack(result, NULL), BR_OK);
  assert_int_equal(br_result_return(result, NULL), BR_OK);
  assert_int_equal(br_next_result(w.router, w.job, -1, &result, NULL), BR_END);
  br_results *results = NULL;
  size_t count = 0;
  assert_int_equal(br_results_open(w.job, &results, NULL), BR_OK);
  assert_int_equal(br_results_next(results, &result, 1, &count, NULL), BR_OK);
  assert_int_equal(br_result_return(result, NULL), BR_OK); /* it was not handed out: only freed */
  assert_int_equal(br_next_result(w.router, w.job, -1, &result, NULL), BR_END);
  br_results_free(results);
  end(&w);
}

static void count_arrivals(void *user_data, int32_t event, const char *job_id, const char *json) {
  (void)json;
  if (event != BR_EVENT_RESULTS_ARRIVED) return;
  assert_non_null(job_id);
  ++*(int *)user_data;
}

static br_router *open_counting(const struct world *w, int *arrivals) {
  br_config *config = config_for(w->dir, emulator_base_url(w->vendor));
  br_router *router = NULL;
  assert_int_equal(br_config_set_event(config, count_arrivals, arrivals, NULL, NULL), BR_OK);
  assert_int_equal(br_router_new(config, &router, NULL), BR_OK);
  br_config_free(config);
  return router;
}

static void results_arrived_is_told_when_there_were_none_before(void **state) {
  (void)state;
  struct world w = run_job(2);
  int arrivals = 0;
  br_router_free(w.router);
  w.router = open_counting(&w, &arrivals); /* what an earlier process left unacknowledged is there at once */
  br_job_free(w.job);
  w.job = NULL;
  while (arrivals == 0) assert_true(br_poll(w.router, -1, NULL) >= 0);
  br_result *result[2];
  size_t count = 0;
  assert_int_equal(br_next_results(w.router, NULL, -1, result, 2, &count, NULL), BR_OK);
  assert_int_equal(count, 2);
  br_result *none = NULL;
  assert_int_equal(br_next_result(w.router, NULL, -1, &none, NULL), BR_END);
  while (br_poll(w.router, 0, NULL) == BR_OK) continue;
  assert_int_equal(arrivals, 1);
  assert_int_equal(br_result_return(result[0], NULL), BR_OK);
  while (br_poll(w.router, 0, NULL) == BR_OK) continue;
  assert_int_equal(arrivals, 2);
  br_result_free(result[1]);
  end(&w);
}

static void results_can_be_read_as_often_as_wanted(void **state) {
  (void)state;
  struct world w = run_job(5);
  for (int round = 0; round < 3; round++) {
    br_results *results = NULL;
    br_result *two[2];
    size_t count = 0, all = 0;
    assert_int_equal(br_results_open(w.job, &results, NULL), BR_OK);
    while (br_results_next(results, two, 2, &count, NULL) == BR_OK) {
      for (size_t i = 0; i < count; i++) br_result_free(two[i]);
      all += count;
    }
    assert_int_equal(all, 5);
    br_results_free(results);
  }
  end(&w);
}

static void every_getter_tells_what_the_line_tells(void **state) {
  (void)state;
  struct world w = run_job(1);
  br_result *result = NULL;
  size_t length = 0;
  assert_int_equal(br_next_result(w.router, w.job, -1, &result, NULL), BR_OK);
  const char *line = br_result_json(result, &length);
  assert_int_equal(strlen(line), length);
  const char *text = br_result_text(result, &length);
  assert_int_equal(strlen(text), length);
  assert_non_null(strstr(text, "answer to r0"));
  assert_ptr_equal(br_result_text(result, NULL), text);
  assert_non_null(strstr(br_result_response(result, &length), "\"choices\""));
  assert_true(br_result_tokens(result, BR_TOKENS_INPUT) > 0);
  assert_int_equal(br_result_tokens(result, BR_TOKENS_REASONING + 1), -1);
  assert_int_equal(br_result_http_status(result), 200);
  assert_string_equal(br_result_finish_reason(result), "stop");
  assert_string_equal(br_result_job_id(result), br_job_id(w.job));
  assert_string_equal(br_result_batch_id(result), br_job_batch_id(w.job, 0));
  assert_null(br_result_tool_calls(result, &length));
  assert_int_equal(length, 0);
  assert_null(br_result_error_message(result));
  assert_null(br_result_error_type(result));
  assert_int_equal(br_result_is_transient(result), 0);
  assert_ptr_equal(br_result_json(result, NULL), line);
  br_result_free(result);
  end(&w);
}

/* Results that were read before a mistake are handed out first; then the mistake is told, as often as one asks. */
static void results_file_cut_short_is_told_after_the_good_ones(void **state) {
  (void)state;
  struct world w = run_job(5);
  br_results *results = NULL;
  br_error *error = NULL;
  assert_ok(br_results_open(w.job, &results, &error), &error);
  assert_ok(br_results_set_order(results, BR_ORDER_INPUT, &error), &error);
  char path[512];
  snprintf(path, sizeof path, "%s/spool/%s/p0.results.jsonl", w.dir, br_job_id(w.job));
  struct stat info;
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(truncate(path, info.st_size - 2), 0);
  br_result *taken[5];
  size_t count = 0, good = 0;
  br_status status = BR_OK;
  while ((status = br_results_next(results, taken, 5, &count, &error)) == BR_OK) {
    assert_true(count > 0);
    good += count;
    for (size_t i = 0; i < count; i++) br_result_free(taken[i]);
  }
  assert_true(good < 5);
  assert_int_equal(count, 0);
  assert_refused(status, BR_ESTORE, &error);
  assert_refused(br_results_next(results, taken, 5, &count, &error), BR_ESTORE, &error);
  br_results_free(results);
  end(&w);
}

struct sink {
  size_t bytes, lines, calls, refuse_at;
};

static int32_t into_sink(void *user_data, const char *data, size_t length) {
  struct sink *sink = user_data;
  sink->calls++;
  for (size_t i = 0; i < length; i++) sink->lines += data[i] == '\n';
  sink->bytes += length;
  return sink->calls == sink->refuse_at;
}

static void written_results_are_whole_lines_and_counted(void **state) {
  (void)state;
  struct world w = run_job(7);
  br_results *results = NULL;
  struct sink sink = {0};
  int64_t rows = 0, failed = -1;
  assert_int_equal(br_results_open(w.job, &results, NULL), BR_OK);
  assert_int_equal(br_results_write(results, into_sink, &sink, &rows, &failed, NULL), BR_OK);
  assert_int_equal(sink.lines, 7);
  assert_int_equal(rows, 7);
  assert_int_equal(failed, 0);
  br_results_free(results);
  struct sink refusing = {.refuse_at = 1};
  br_error *error = NULL;
  assert_int_equal(br_results_open(w.job, &results, NULL), BR_OK);
  assert_refused(br_results_write(results, into_sink, &refusing, NULL, NULL, &error), BR_ECANCELLED, &error);
  assert_int_equal(refusing.calls, 1);
  br_results_free(results);
  end(&w);
}

static void on_done(void *user_data, br_job *job) {
  assert_int_equal(br_job_is_done(job), 1);
  ++*(int *)user_data;
}

static void followed_results_come_while_the_job_runs_and_end_with_it(void **state) {
  (void)state;
  emulator *vendor = emulator_start(3);
  char *dir = make_directory();
  br_router *router = open_router(dir, emulator_base_url(vendor));
  br_job *job = submit(router, 3);
  br_results *results = NULL, *now = NULL;
  br_result *one = NULL;
  br_error *error = NULL;
  size_t count = 7;
  assert_ok(br_results_follow(job, 0, &now, &error), &error);
  assert_int_equal(br_results_next(now, &one, 1, &count, NULL), BR_AGAIN);
  assert_int_equal(count, 0);
  assert_refused(br_results_set_order(now, BR_ORDER_INPUT, &error), BR_ENOTCOMPLETE, &error);
  assert_ok(br_results_follow(job, -1, &results, &error), &error);
  for (int i = 0; i < 3; i++) {
    assert_ok(br_results_next(results, &one, 1, &count, &error), &error);
    assert_int_equal(count, 1);
    br_result_free(one);
  }
  assert_int_equal(br_results_next(results, &one, 1, &count, NULL), BR_END);
  assert_int_equal(br_job_wait(job, -1, NULL), BR_OK);
  struct sink sink = {0};
  int64_t rows = 0, failed = 0;
  assert_int_equal(br_results_write(now, into_sink, &sink, &rows, &failed, NULL), BR_OK);
  assert_int_equal(rows, 3);
  br_results_free(now), br_results_free(results);
  assert_int_equal(br_job_update(job, NULL), BR_OK);
  assert_int_equal(br_job_count(job, BR_COUNT_ACKED), 0);
  br_job_free(job);
  br_router_free(router);
  remove_directory(dir);
  emulator_stop(vendor);
}

static void followed_results_of_a_blocked_job_are_an_error(void **state) {
  (void)state;
  emulator *vendor = emulator_start(1);
  emulator_add_fault(vendor, "* * status status=401 count=0");
  char *dir = make_directory();
  br_router *router = open_router(dir, emulator_base_url(vendor));
  br_job *job = submit(router, 1);
  br_results *results = NULL;
  br_result *one = NULL;
  br_error *error = NULL;
  size_t count = 0;
  assert_ok(br_results_follow(job, -1, &results, &error), &error);
  assert_refused(br_results_next(results, &one, 1, &count, &error), BR_EAUTH, &error);
  br_results_free(results);
  br_job_free(job);
  br_router_free(router);
  remove_directory(dir);
  emulator_stop(vendor);
}

static void done_of_a_finished_job_runs_once(void **state) {
  (void)state;
  emulator *vendor = emulator_start(1);
  char *dir = make_directory();
  br_router *router = open_router(dir, emulator_base_url(vendor));
  br_batch *batch = batch_of(2);
  int done = 0;
  assert_int_equal(br_submit(router, batch, on_done, &done, NULL, NULL, NULL), BR_OK);
  while (done == 0) assert_int_equal(br_poll(router, -1, NULL), BR_OK);
  while (br_poll(router, 0, NULL) == BR_OK) continue;
  assert_int_equal(done, 1);
  br_batch_free(batch);
  br_router_free(router);
  remove_directory(dir);
  emulator_stop(vendor);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(results_outlive_router_and_job_in_every_order),
      cmocka_unit_test(unacknowledged_results_come_again_and_say_so),
      cmocka_unit_test(results_can_be_read_as_often_as_wanted),
      cmocka_unit_test(returned_result_is_the_next_one_again),
      cmocka_unit_test(acknowledged_result_that_is_returned_does_not_come_again),
      cmocka_unit_test(results_arrived_is_told_when_there_were_none_before),
      cmocka_unit_test(every_getter_tells_what_the_line_tells),
      cmocka_unit_test(results_file_cut_short_is_told_after_the_good_ones),
      cmocka_unit_test(written_results_are_whole_lines_and_counted),
      cmocka_unit_test(followed_results_come_while_the_job_runs_and_end_with_it),
      cmocka_unit_test(followed_results_of_a_blocked_job_are_an_error),
      cmocka_unit_test(done_of_a_finished_job_runs_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
