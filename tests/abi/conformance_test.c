/* Every case of bindings/conformance in C. usage: conformance_test CASES.JSON; BATCHROUTER_PROGRAM names the program.
 * With --child NAME BASE_URL STATE_DIR behind it, it is the process that a case kills. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conformance.h"

static const char *cases_path;
static const char *program;

/* The results of one job. */
typedef struct {
  br_status wait;
  int taken; /* the job was done, and its results were taken */
  br_result **results;
  size_t count, capacity;
} outcome;

static void take_all(br_router *router, br_job *job, int acknowledge, outcome *out) {
  br_error *error = NULL;
  for (;;) {
    if (out->capacity - out->count < 256) {
      out->capacity = 2 * out->capacity + 256;
      out->results = realloc(out->results, out->capacity * sizeof *out->results);
      assert_non_null(out->results);
    }
    size_t count = 0;
    const br_status status = br_next_results(router, job, LIMIT_MS, out->results + out->count, 256, &count, &error);
    for (size_t i = out->count; acknowledge && i < out->count + count; i++)
      assert_ok(br_result_ack(out->results[i], &error), &error);
    out->count += count;
    if (status == BR_END) return;
    assert_ok(status, &error);
    assert_int_equal(status, BR_OK);
  }
}

/* Waits for the job; takes every result when it is done. */
static outcome settle(br_router *router, br_job *job, int64_t timeout_ms, int acknowledge) {
  outcome out = {0};
  br_error *error = NULL;
  out.wait = br_job_wait(job, timeout_ms, &error);
  br_error_free(error);
  out.taken = out.wait == BR_OK && br_job_is_done(job);
  if (out.taken) take_all(router, job, acknowledge, &out);
  return out;
}

static void drop(outcome *out) {
  for (size_t i = 0; i < out->count; i++) br_result_free(out->results[i]);
  free(out->results);
}

static br_router *open_on(const br_config *config) {
  br_router *router = NULL;
  br_error *error = NULL;
  assert_ok(br_router_new(config, &router, &error), &error);
  return router;
}

/* A process that submits is killed once the vendor has made the batch. */
static void kill_a_child(const conformance_case *self, const vendor *from, const char *state_dir) {
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    execl("/proc/self/exe", "conformance_test", cases_path, "--child", case_text(self, "name"), from->base_url,
          state_dir, (char *)NULL);
    _exit(127);
  }
  const time_t begin = time(NULL);
  int creates = 0;
  while (creates != 1) {
    cJSON *ledger = vendor_ledger(from);
    creates = cJSON_GetObjectItemCaseSensitive(ledger, "creates")->valueint;
    cJSON_Delete(ledger);
    if (time(NULL) - begin > LIMIT_MS / 1000) break;
    if (creates != 1) sched_yield();
  }
  int status = 0;
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(waitpid(child, &status, 0), child);
  if (creates != 1) fail_msg("the child submits nothing");
  assert_true(WIFSIGNALED(status));
}

static int be_the_child(const conformance_case *self, const char *base_url, const char *state_dir) {
  br_config *config = NULL;
  br_error *error = NULL;
  assert_ok(case_config(self, base_url, state_dir, &config, &error), &error);
  br_router *router = open_on(config);
  br_job *job = NULL;
  assert_ok(br_submit(router, case_batch(self), NULL, NULL, NULL, &job, &error), &error);
  br_job_wait(job, -1, &error);
  fprintf(stderr, "the job ended before the process was killed\n");
  return 1;
}

/* What an act works on and changes. */
typedef struct {
  const conformance_case *of;
  const vendor *from;
  const br_config *config;
  const char *other_dir;
  br_router *router;
  br_job *job;
} scene;

static void replace_job(scene *self, br_job *job) {
  br_job_free(self->job);
  self->job = job;
}

static br_status submit_case(scene *self, br_error **error) {
  if (strcmp(case_text(self->of, "act") == NULL ? "" : case_text(self->of, "act"), "kill") == 0) {
    br_job_list *list = NULL;
    assert_ok(br_list(self->router, NULL, 0, &list, error), error);
    assert_int_equal(br_job_list_count(list), 1);
    const br_status status = br_job_open(self->router, br_job_id(br_job_list_get(list, 0)), &self->job, error);
    br_job_list_free(list);
    return status;
  }
  br_batch *batch = case_batch(self->of);
  const br_status status = br_submit(self->router, batch, NULL, NULL, NULL, &self->job, error);
  br_batch_free(batch);
  return status;
}

static void act_cancel(scene *self) {
  br_error *error = NULL;
  int32_t cancelled = 0;
  assert_ok(br_job_wait_submitted(self->job, LIMIT_MS, &error), &error);
  assert_ok(br_cancel(self->job, LIMIT_MS, &cancelled, &error), &error);
  assert_int_equal(cancelled, cJSON_IsTrue(case_expects(self->of, "cancelled")));
}

static void act_submit_again(scene *self) {
  br_error *error = NULL;
  br_batch *batch = case_batch(self->of);
  br_job *again = NULL;
  const br_status status = br_submit(self->router, batch, NULL, NULL, NULL, &again, &error);
  assert_ok(status, &error);
  assert_string_equal(br_status_name(status), cJSON_GetStringValue(case_expects(self->of, "again")));
  assert_string_equal(br_job_id(again), br_job_id(self->job));
  br_batch_free(batch);
  br_job_free(again);
}

static void act_attach(scene *self) {
  br_error *error = NULL;
  br_config *config = NULL;
  br_job *attached = NULL;
  assert_ok(br_job_wait_submitted(self->job, LIMIT_MS, &error), &error);
  assert_ok(case_config(self->of, self->from->base_url, self->other_dir, &config, &error), &error);
  br_router *other = open_on(config);
  assert_ok(br_attach(other, case_text(self->of, "provider"), br_job_batch_id(self->job, 0), &attached, &error), &error);
  br_config_free(config);
  br_router_free(self->router);
  self->router = other;
  replace_job(self, attached);
}

static void act_retry(scene *self) {
  br_error *error = NULL;
  br_job *again = NULL;
  outcome first = settle(self->router, self->job, LIMIT_MS, 1);
  assert_ok(br_retry(self->router, self->job, NULL, NULL, NULL, &again, &error), &error);
  drop(&first);
  replace_job(self, again);
}

static void act_reopen(scene *self) {
  br_error *error = NULL;
  br_job *again = NULL;
  outcome first = settle(self->router, self->job, LIMIT_MS, 0);
  assert_true(first.taken);
  drop(&first);
  assert_ok(br_router_close(self->router, LIMIT_MS, &error), &error);
  br_router_free(self->router);
  self->router = open_on(self->config);
  assert_ok(br_job_open(self->router, br_job_id(self->job), &again, &error), &error);
  replace_job(self, again);
}

static void act_and_settle(scene *self, const char *act) {
  if (strcmp(act, "cancel") == 0) act_cancel(self);
  if (strcmp(act, "submit_again") == 0) act_submit_again(self);
  if (strcmp(act, "attach") == 0) act_attach(self);
  if (strcmp(act, "retry") == 0) act_retry(self);
  if (strcmp(act, "reopen_without_ack") == 0) act_reopen(self);
  outcome out = settle(self->router, self->job, strcmp(act, "wait_briefly") == 0 ? 200 : LIMIT_MS, 1);
  check_outcome(self->of, self->job, out.wait, out.taken ? out.results : NULL, out.count);
  drop(&out);
}

static void run_with(scene *self, const char *state_dir) {
  const char *act = case_text(self->of, "act");
  if (act == NULL) act = "";
  if (strcmp(act, "kill") == 0) kill_a_child(self->of, self->from, state_dir);
  self->router = open_on(self->config);
  br_error *error = NULL;
  const br_status submitted = submit_case(self, &error);
  if (submitted < 0) {
    check_error(self->of, "submit", submitted, &error);
  } else {
    assert_string_equal(br_status_name(submitted), cJSON_GetStringValue(case_expects(self->of, "submit")));
    act_and_settle(self, act);
  }
  br_job_free(self->job);
  br_router_free(self->router);
}

static void case_holds(void **state) {
  const conformance_case *self = *state;
  vendor from = case_start_vendor(self, program);
  char *state_dir = make_directory(), *other_dir = make_directory();
  br_config *config = NULL;
  br_error *error = NULL;
  const br_status taken = case_config(self, from.base_url, state_dir, &config, &error);
  if (taken != BR_OK) {
    check_error(self, "config", taken, &error);
  } else {
    assert_null(case_expects(self, "config"));
    scene all = {.of = self, .from = &from, .config = config, .other_dir = other_dir};
    run_with(&all, state_dir);
  }
  check_ledger(self, &from);
  br_config_free(config);
  vendor_stop(&from);
  remove_directory(state_dir);
  remove_directory(other_dir);
}

static cJSON *read_cases(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) return NULL;
  fseek(file, 0, SEEK_END);
  const size_t size = (size_t)ftell(file);
  rewind(file);
  char *text = calloc(1, size + 1);
  const size_t got = text == NULL ? 0 : fread(text, 1, size, file);
  fclose(file);
  cJSON *json = got == size ? cJSON_Parse(text) : NULL;
  free(text);
  return json;
}

static int run_all(const cJSON *file) {
  enum { MOST = 200 };
  static conformance_case cases[MOST];
  static struct CMUnitTest tests[MOST];
  size_t count = 0;
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(file, "cases")) {
    if (count == MOST) return 1;
    cases[count] = (conformance_case){file, item};
    tests[count] = (struct CMUnitTest){.name = case_text(&cases[count], "name"), .test_func = case_holds,
                                       .initial_state = &cases[count]};
    count++;
  }
  if (count < 20) {
    fprintf(stderr, "%zu cases: the file was not understood\n", count);
    return 1;
  }
  return _cmocka_run_group_tests("conformance", tests, count, NULL, NULL);
}

int main(int argc, char **argv) {
  cases_path = argc > 1 ? argv[1] : NULL;
  program = getenv("BATCHROUTER_PROGRAM");
  cJSON *file = cases_path == NULL ? NULL : read_cases(cases_path);
  if (file == NULL || cJSON_GetObjectItemCaseSensitive(file, "format")->valueint != 1 || program == NULL) {
    fprintf(stderr, "usage: BATCHROUTER_PROGRAM=… conformance_test CASES.JSON\n");
    return 2;
  }
  int failed = 1;
  if (argc == 6 && strcmp(argv[2], "--child") == 0) {
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(file, "cases")) {
      const conformance_case self = {file, item};
      if (strcmp(case_text(&self, "name"), argv[3]) == 0) return be_the_child(&self, argv[4], argv[5]);
    }
  } else {
    failed = run_all(file);
  }
  cJSON_Delete(file);
  return failed;
}
