#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "provider_check.h"

#define ROWS 3
#define MOST_PATH 1024

enum place { BEFORE, AFTER };
enum function { NO_FUNCTION, SUBMIT, POLL, FETCH, LIST };

/* The provider in one process, and where that process ends. */
struct life {
  const struct provider_check *what;
  enum function victim;
  enum place place;
  int lose_answer; /* submit works, and its answer is lost, so that list is called */
  char submits[MOST_PATH];
};

static const br_provider_vtbl *table_of(const struct life *life) { return life->what->table; }

static void die_at(const struct life *life, enum function function, enum place place) {
  if (life->victim == function && life->place == place) kill(getpid(), SIGKILL);
}

/* One byte for each batch that was made, on disk before anybody hears of it. */
static void count_submit(const struct life *life) {
  const int fd = open(life->submits, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) != 0) abort();
  close(fd);
}

static long count_submits(const struct life *life) {
  FILE *file = fopen(life->submits, "r");
  if (file == NULL) return 0;
  fseek(file, 0, SEEK_END);
  const long size = ftell(file);
  fclose(file);
  return size;
}

static br_status pass_submit(void *user_data, br_provider_call *call) {
  struct life *life = user_data;
  die_at(life, SUBMIT, BEFORE);
  const br_status status = table_of(life)->submit(life->what->user_data, call);
  if (status == BR_OK) count_submit(life);
  die_at(life, SUBMIT, AFTER);
  if (status != BR_OK || !life->lose_answer) return status;
  return br_call_fail(call, BR_EUNKNOWN, 1, -1, NULL, "the check loses the answer to this submit");
}

static br_status pass_poll(void *user_data, br_provider_call *call) {
  struct life *life = user_data;
  die_at(life, POLL, BEFORE);
  const br_status status = table_of(life)->poll(life->what->user_data, call);
  die_at(life, POLL, AFTER);
  return status;
}

static br_status pass_fetch(void *user_data, br_provider_call *call) {
  struct life *life = user_data;
  die_at(life, FETCH, BEFORE);
  const br_status status = table_of(life)->fetch(life->what->user_data, call);
  die_at(life, FETCH, AFTER);
  return status;
}

static br_status pass_list(void *user_data, br_provider_call *call) {
  struct life *life = user_data;
  die_at(life, LIST, BEFORE);
  const br_status status = table_of(life)->list(life->what->user_data, call);
  die_at(life, LIST, AFTER);
  return status;
}

static int32_t pass_model(void *user_data, const char *model) {
  const struct life *life = user_data;
  return table_of(life)->supports_model(life->what->user_data, model);
}

static br_status pass_prepare(void *user_data, br_provider_call *call, const char *line, size_t length) {
  const struct life *life = user_data;
  return table_of(life)->prepare(life->what->user_data, call, line, length);
}

static br_router *open_router(struct life *life, const char *state_dir) {
  br_provider_vtbl table = *table_of(life);
  table.submit = pass_submit;
  table.poll = pass_poll;
  table.fetch = pass_fetch;
  table.cancel = NULL;
  table.close = NULL;
  if (table.list != NULL) table.list = pass_list;
  if (table.prepare != NULL) table.prepare = pass_prepare;
  if (table.supports_model != NULL) table.supports_model = pass_model;
  br_router *router = NULL;
  br_config *config = br_config_new();
  br_config_set(config, "state_dir", state_dir, NULL);
  br_config_set(config, "poll.interval_ms", "50", NULL);
  br_config_set(config, "submit.settle_ms", "300", NULL);
  if (br_registry_register(&table, life, NULL, NULL) == BR_OK) br_router_new(config, &router, NULL);
  br_config_free(config);
  return router;
}

/* The first life: submits, and goes on until it is killed, or to its end. */
static int first_life(struct life *life, const char *state_dir) {
  br_router *router = open_router(life, state_dir);
  br_batch *batch = br_batch_new(life->what->table->name);
  for (int i = 0; i < ROWS; i++) {
    char line[1024];
    const int length = snprintf(line, sizeof line,
                                "{\"custom_id\":\"r%d\",\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":"
                                "\"Say %d\"}]}",
                                i, life->what->model, i);
    br_batch_add_jsonl(batch, line, (size_t)length, NULL);
  }
  br_job *job = NULL;
  if (router == NULL || br_submit(router, batch, NULL, NULL, NULL, &job, NULL) != BR_OK) return 3;
  br_job_wait(job, life->what->timeout_ms, NULL);
  return 4;
}

/* The second one finds the job in the state directory: 0 when every request has its answer. */
static int second_life(struct life *life, const char *state_dir) {
  int answers = 0;
  br_router *router = open_router(life, state_dir);
  br_result *result = NULL;
  if (router == NULL) return 5;
  br_status status;
  while ((status = br_next_result(router, NULL, life->what->timeout_ms, &result, NULL)) == BR_OK) {
    answers += br_result_status(result) == BR_RESULT_SUCCEEDED;
    br_result_ack(result, NULL);
    br_result_free(result);
  }
  br_router_free(router);
  return status == BR_END && answers == ROWS ? 0 : 6;
}

static int in_child(int (*run)(struct life *, const char *), struct life *life, const char *state_dir) {
  fflush(NULL);
  const pid_t pid = fork();
  if (pid == 0) _exit(run(life, state_dir));
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) != pid) return -1;
  return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

struct death {
  enum function function;
  enum place place;
  int lose_answer;
  const char *name;
};

static int survives(const struct provider_check *what, const struct death *death, int number) {
  char state_dir[MOST_PATH];
  struct life life = {.what = what, .victim = death->function, .place = death->place, .lose_answer = death->lose_answer};
  snprintf(state_dir, sizeof state_dir, "%s/kill-%d", what->state_dir, number);
  snprintf(life.submits, sizeof life.submits, "%s/kill-%d.submits", what->state_dir, number);
  const int first = in_child(first_life, &life, state_dir);
  life.victim = NO_FUNCTION;
  life.lose_answer = 0;
  const int second = in_child(second_life, &life, state_dir);
  const long submits = count_submits(&life);
  const int good = first == 1000 + SIGKILL && second == 0 && submits == 1;
  fprintf(what->report, "%sok %d - killed %s %s: nothing is lost, nothing paid twice", good ? "" : "not ", number,
          death->place == BEFORE ? "before" : "after", death->name);
  if (!good)
    fprintf(what->report, " # first process: %d, second process: %d, batches made: %ld", first, second, submits);
  fputc('\n', what->report);
  return good;
}

int provider_kill_check(const struct provider_check *what) {
  static const struct death deaths[] = {
      {POLL, BEFORE, 0, "poll"},     {POLL, AFTER, 0, "poll"},     {FETCH, BEFORE, 0, "fetch"},
      {FETCH, AFTER, 0, "fetch"},    {SUBMIT, BEFORE, 0, "submit"}, {SUBMIT, AFTER, 0, "submit"},
      {LIST, BEFORE, 1, "list"},     {LIST, AFTER, 1, "list"},
  };
  /* Without list, a batch of which nobody has heard cannot be found: it stays blocked, and is not sent again. */
  const int most = what->table->list == NULL ? 4 : 8;
  int failures = 0;
  for (int i = 0; i < most; i++) failures += !survives(what, &deaths[i], i + 1);
  fprintf(what->report, "1..%d\n", most);
  return failures;
}
