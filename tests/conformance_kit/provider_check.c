#include "provider_check.h"

#include <stdlib.h>
#include <string.h>

#define ROWS 3 /* the least; a check may ask for more */

/* The provider under test, with an ear at its functions. */
struct check {
  const struct provider_check *what;
  br_provider_vtbl table;
  br_router *router;
  br_error *error;
  int rows, number, failures;
  int submits, closed, destroyed;
  int lose_answer; /* the next submit works, and its answer is lost */
  char batch_id[256];
};

static void say(struct check *check, int good, const char *what, const char *why) {
  check->number++;
  check->failures += !good;
  fprintf(check->what->report, "%sok %d - %s", good ? "" : "not ", check->number, what);
  if (!good && check->error != NULL)
    fprintf(check->what->report, " # %s", br_error_message(check->error));
  else if (!good && why != NULL)
    fprintf(check->what->report, " # %s", why);
  fputc('\n', check->what->report);
  br_error_free(check->error);
  check->error = NULL;
}

static void *inner(void *user_data) { return ((struct check *)user_data)->what->user_data; }
static const br_provider_vtbl *table_of(void *user_data) { return ((struct check *)user_data)->what->table; }

static int32_t pass_model(void *user_data, const char *model) {
  return table_of(user_data)->supports_model(inner(user_data), model);
}
static br_status pass_prepare(void *user_data, br_provider_call *call, const char *line, size_t length) {
  return table_of(user_data)->prepare(inner(user_data), call, line, length);
}
static br_status pass_submit(void *user_data, br_provider_call *call) {
  struct check *check = user_data;
  check->submits++;
  const br_status status = table_of(check)->submit(inner(check), call);
  if (status != BR_OK || !check->lose_answer) return status;
  check->lose_answer = 0;
  return br_call_fail(call, BR_EUNKNOWN, 1, -1, NULL, "the check loses the answer to this submit");
}
static br_status pass_poll(void *user_data, br_provider_call *call) {
  return table_of(user_data)->poll(inner(user_data), call);
}
static br_status pass_fetch(void *user_data, br_provider_call *call) {
  return table_of(user_data)->fetch(inner(user_data), call);
}
static br_status pass_cancel(void *user_data, br_provider_call *call) {
  return table_of(user_data)->cancel(inner(user_data), call);
}
static br_status pass_list(void *user_data, br_provider_call *call) {
  return table_of(user_data)->list(inner(user_data), call);
}
static void pass_close(void *user_data) {
  struct check *check = user_data;
  check->closed++;
  if (check->what->table->close != NULL) check->what->table->close(check->what->user_data);
}
static void pass_destroy(void *user_data) {
  struct check *check = user_data;
  check->destroyed++;
  if (check->what->destroy != NULL) check->what->destroy(check->what->user_data);
}

/* How often the function of one's own was called; a provider that is built in has none. */
static int submitted(const struct check *check, int times) {
  return check->what->table == NULL || check->submits == times;
}

static void wrap(struct check *check) {
  const br_provider_vtbl *table = check->what->table;
  check->table = *table;
  if (table->supports_model != NULL) check->table.supports_model = pass_model;
  if (table->prepare != NULL) check->table.prepare = pass_prepare;
  if (table->cancel != NULL) check->table.cancel = pass_cancel;
  if (table->list != NULL) check->table.list = pass_list;
  check->table.submit = pass_submit;
  check->table.poll = pass_poll;
  check->table.fetch = pass_fetch;
  check->table.close = pass_close;
}

static const char *name_of(const struct check *check) {
  return check->what->table == NULL ? check->what->name : check->what->table->name;
}

static br_config *make_config(const struct check *check) {
  br_config *config = br_config_new();
  br_config_set(config, "state_dir", check->what->state_dir, NULL);
  br_config_set(config, "poll.interval_ms", "100", NULL);
  br_config_set(config, "poll.max_interval_ms", "1000", NULL);
  for (const char *const *set = check->what->settings; set != NULL && *set != NULL; set += 2)
    br_config_set(config, set[0], set[1], NULL);
  return config;
}

/* Whether the library says so of the provider: "list", "local". */
static int has_ability(const struct check *check, const char *ability) {
  const char *json = br_provider_json(name_of(check));
  char member[64];
  snprintf(member, sizeof member, "\"%s\":true", ability);
  return json != NULL && strstr(json, member) != NULL;
}

static int open_router(struct check *check) {
  br_config *config = make_config(check);
  const br_status status = br_router_new(config, &check->router, &check->error);
  br_config_free(config);
  return status == BR_OK;
}

/* Ids with what breaks naive JSON: quotes, a backslash, letters beyond ASCII. */
static const char *const ids[ROWS] = {"plain-1", "quote-\\\"-and-\\\\", "caf\\u00e9-3"};
static const char *const read_ids[ROWS] = {"plain-1", "quote-\"-and-\\", "caf\xc3\xa9-3"};

/* The id of request `i`; the ones behind the first three are plain. */
static const char *id_of(const char *const from[], int i, char buffer[32]) {
  if (i < ROWS) return from[i];
  snprintf(buffer, 32, "more-%d", i);
  return buffer;
}

static br_batch *make_batch(const struct check *check, const char *model) {
  br_batch *batch = br_batch_new(name_of(check));
  for (int i = 0; i < check->rows; i++) {
    char line[1024], id[32];
    snprintf(line, sizeof line,
             "{\"custom_id\":\"%s\",\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Say %d\"}]}",
             id_of(ids, i, id), model, i);
    br_batch_add_jsonl(batch, line, strlen(line), NULL);
  }
  return batch;
}

static br_job *submit(struct check *check) {
  br_job *job = NULL;
  br_batch *batch = make_batch(check, check->what->model);
  br_submit(check->router, batch, NULL, NULL, NULL, &job, &check->error);
  br_batch_free(batch);
  return job;
}

static int wait_for(struct check *check, br_job *job) {
  return job != NULL && br_job_wait(job, check->what->timeout_ms, &check->error) == BR_OK && br_job_is_done(job);
}

/* Which request the result is for; -1: none. */
static int request_of(const struct check *check, const br_result *result) {
  const char *got = br_result_custom_id(result, NULL);
  char id[32];
  for (int i = 0; got != NULL && i < check->rows; i++) {
    if (strcmp(got, id_of(read_ids, i, id)) == 0) return i;
  }
  return -1;
}

/* Each id has exactly one result, and there is no other. *answered counts those that succeeded. */
static int has_each_id_once(const struct check *check, br_job *job, int *answered) {
  br_results *results = NULL;
  br_result *one = NULL;
  size_t count = 0;
  int good = 1, found = 0;
  *answered = 0;
  char *seen = calloc((size_t)check->rows, 1);
  if (seen == NULL || br_results_open(job, &results, NULL) != BR_OK) return free(seen), 0;
  while (br_results_next(results, &one, 1, &count, NULL) == BR_OK && count == 1) {
    const int request = request_of(check, one);
    good = good && request >= 0 && !seen[request];
    if (request >= 0) seen[request] = 1;
    found++;
    *answered += br_result_status(one) == BR_RESULT_SUCCEEDED;
    br_result_free(one);
  }
  br_results_free(results);
  free(seen);
  return good && found == check->rows;
}

static int32_t count_lines(void *user_data, const char *data, size_t length) {
  for (size_t i = 0; i < length; i++) *(int *)user_data += data[i] == '\n';
  return 0;
}

static void check_offline(struct check *check) {
  int lines = 0;
  br_config *config = make_config(check);
  br_batch *batch = make_batch(check, check->what->model);
  const int valid = br_validate(config, batch, &check->error) == BR_OK;
  say(check, valid, "prepare takes a plain text request", NULL);
  const int converted = br_convert(config, batch, count_lines, &lines, &check->error) == BR_OK && lines == check->rows;
  say(check, converted, "prepare writes one line for each request", "another number of lines");
  br_batch_free(batch);
  br_config_free(config);
  if (check->what->bad_model == NULL) return;
  batch = make_batch(check, check->what->bad_model);
  const br_status status = br_validate(NULL, batch, NULL);
  say(check, status == BR_EINPUT, "supports_model refuses a model that is not served", "it was taken");
  br_batch_free(batch);
}

static void check_batch(struct check *check) {
  int answered = 0;
  br_job *job = submit(check);
  say(check, wait_for(check, job), "a batch comes to its end", "it did not");
  if (job == NULL) return;
  say(check, submitted(check, 1), "submit is called once for one batch", "it was called again");
  say(check, br_job_state(job) == BR_STATE_COMPLETED, "poll ends it as completed", br_job_error_message(job));
  say(check, has_each_id_once(check, job, &answered), "each custom_id has one result, quotes and accents kept", NULL);
  say(check, answered == check->rows, "fetch brings an answer to each request", "some are errors; are the ids kept?");
  const char *id = br_job_batch_id(job, 0);
  snprintf(check->batch_id, sizeof check->batch_id, "%s", id == NULL ? "" : id);
  br_job_free(job);
}

/* A run on this machine belongs to the job that started it. */
static void check_attach_refused(struct check *check) {
  br_job *job = NULL;
  const br_status status = br_attach(check->router, name_of(check), check->batch_id, &job, NULL);
  say(check, status == BR_EUNSUPPORTED, "attach to a local run is BR_EUNSUPPORTED", br_status_name(status));
  br_job_free(job);
}

/* Forgets the job that has the batch, so that only the vendor knows it. */
static int forget(struct check *check) {
  br_job *job = NULL;
  const int known = br_attach(check->router, name_of(check), check->batch_id, &job, &check->error) == BR_EXISTS;
  const int gone = known && br_job_remove(job, &check->error) == BR_OK;
  br_job_free(job);
  return gone;
}

static void check_again(struct check *check) {
  br_job *job = NULL;
  if (has_ability(check, "local")) return check_attach_refused(check);
  int good = forget(check) &&
             br_attach(check->router, name_of(check), check->batch_id, &job, &check->error) == BR_OK &&
             wait_for(check, job);
  say(check, good, "a batch is found by its id alone", "it was not");
  good = good && br_job_count(job, BR_COUNT_SUCCEEDED) == check->rows;
  say(check, good, "fetch brings the same again", "another number of rows");
  br_job_free(job);
  job = NULL;
  good = br_attach(check->router, name_of(check), "no-such-batch", &job, &check->error) == BR_OK;
  const br_status status = good ? br_job_refresh(job, check->what->timeout_ms, NULL) : BR_OK;
  say(check, status == BR_ENOTFOUND, "poll of an unknown batch is BR_ENOTFOUND", br_status_name(status));
  br_job_free(job);
}

static int lists(struct check *check, const char *id) {
  br_job_list *list = NULL;
  int found = 0;
  if (br_list_remote(check->router, name_of(check), 0, check->what->timeout_ms, &list, &check->error) != BR_OK)
    return 0;
  for (size_t i = 0; i < br_job_list_count(list); i++) {
    const char *other = br_job_batch_id(br_job_list_get(list, i), 0);
    found += other != NULL && strcmp(other, id) == 0;
  }
  br_job_list_free(list);
  return found == 1;
}

static void check_list_refused(struct check *check) {
  br_job_list *list = NULL;
  const br_status status = br_list_remote(check->router, name_of(check), 0, check->what->timeout_ms, &list, NULL);
  say(check, status == BR_EUNSUPPORTED, "list is BR_EUNSUPPORTED where there is none", br_status_name(status));
  br_job_list_free(list);
}

static void check_lost_answer(struct check *check) {
  int answered = 0;
  if (check->what->table == NULL) {
    fprintf(check->what->report, "# built in: tests/scenarios loses its answers\n");
    if (!has_ability(check, "list")) return check_list_refused(check);
    say(check, lists(check, check->batch_id), "list names the batch once", "it does not");
    return;
  }
  if (check->table.list == NULL) {
    fprintf(check->what->report, "# no list: a submit without an answer will block its job\n");
    return;
  }
  say(check, lists(check, check->batch_id), "list names the batch once", "it does not");
  const int before = check->submits;
  check->lose_answer = 1;
  br_job *job = submit(check);
  const int found = wait_for(check, job) && has_each_id_once(check, job, &answered) && answered == check->rows;
  say(check, found, "a batch whose id was lost is found by its marker", "it was not");
  say(check, check->submits == before + 1, "and is not submitted again", "it was");
  br_job_free(job);
}

static void check_cancel(struct check *check) {
  int answered = 0;
  int32_t taken = 0;
  br_job *job = submit(check);
  if (job == NULL) return say(check, 0, "a batch can be cancelled", NULL);
  br_job_wait_submitted(job, check->what->timeout_ms, NULL);
  const br_status status = br_cancel(job, check->what->timeout_ms, &taken, &check->error);
  const int none = check->what->table != NULL && check->table.cancel == NULL;
  const int right = status == BR_OK || (none && status == BR_EUNSUPPORTED);
  if (right) br_error_free(check->error), check->error = NULL;
  say(check, right, "cancel is taken, or comes too late", br_status_name(status));
  say(check, wait_for(check, job) && has_each_id_once(check, job, &answered), "and each custom_id has a result",
      "some have none");
  br_job_free(job);
}

static void check_restart(struct check *check) {
  int answered = 0;
  const int before = check->submits;
  br_job *job = submit(check);
  if (job == NULL) return say(check, 0, "a restart goes on with the batch", NULL);
  br_job_wait_submitted(job, check->what->timeout_ms, NULL);
  char id[64];
  snprintf(id, sizeof id, "%s", br_job_id(job));
  br_job_free(job);
  br_router_free(check->router);
  check->router = NULL;
  job = NULL;
  const int good = open_router(check) && br_job_open(check->router, id, &job, &check->error) == BR_OK &&
                   wait_for(check, job) && has_each_id_once(check, job, &answered) && answered == check->rows;
  say(check, good, "a restart goes on with the batch", "it did not");
  say(check, submitted(check, before + 1), "and does not submit it again", "it did");
  br_job_free(job);
}

static int make_known(struct check *check) {
  if (check->what->table == NULL) return 1;
  wrap(check);
  const br_status status = br_registry_register(&check->table, check, pass_destroy, &check->error);
  say(check, status == BR_OK, "the table is taken", NULL);
  return status == BR_OK;
}

static void take_away(struct check *check) {
  if (check->what->table == NULL) return;
  br_registry_unregister(check->table.name, &check->error);
  say(check, check->closed == 1 && check->destroyed == 1, "close and destroy run once", "they did not");
}

int provider_check(const struct provider_check *what) {
  struct check check = {.what = what, .rows = what->rows < ROWS ? ROWS : what->rows};
  if (!make_known(&check)) return check.failures;
  say(&check, br_registry_get(name_of(&check)) != NULL, "its capabilities are shown", NULL);
  const int opened = open_router(&check);
  say(&check, opened, "a router opens", NULL);
  if (opened) {
    check_offline(&check);
    check_batch(&check);
    if (check.batch_id[0] != '\0') {
      check_again(&check);
      check_lost_answer(&check);
    }
    check_cancel(&check);
    check_restart(&check);
  }
  br_router_free(check.router);
  take_away(&check);
  fprintf(what->report, "1..%d\n", check.number);
  return check.failures;
}
