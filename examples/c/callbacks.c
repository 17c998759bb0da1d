/* Callbacks: the library tells what happens, on the thread that calls br_poll and nowhere else. */
#include "example.h"

struct app {
  br_router *router;
  int running; /* jobs that have not ended */
};

static void on_log(void *user_data, int32_t level, const char *message) {
  (void)user_data;
  if (level <= BR_LOG_WARNING) fprintf(stderr, "log: %s\n", message);
}

static void on_event(void *user_data, int32_t event, const char *job_id, const char *json) {
  (void)user_data, (void)json;
  fprintf(stderr, "%s: %s\n", job_id, br_event_name(event));
}

/* The job has ended, or waits for somebody. Every function may be called from here. */
static void on_done(void *user_data, br_job *job) {
  struct app *app = user_data;
  br_result *result = NULL;
  br_error *error = NULL;
  br_status status;
  while ((status = br_next_result(app->router, job, 0, &result, &error)) == BR_OK) print_result(result);
  check(status, error); /* blocked: the error says why */
  app->running--;
}

int main(int argc, char **argv) {
  struct app app = {0};
  br_error *error = NULL;
  br_config *config = config_from(argc, argv);
  check(br_config_set_log(config, BR_LOG_INFO, on_log, NULL, NULL, &error), error);
  check(br_config_set_event(config, on_event, NULL, NULL, &error), error);
  check(br_router_new(config, &app.router, &error), error);
  br_config_free(config);

  for (int i = 0; i < 2; i++) {
    br_batch *batch = questions(i == 0 ? "first" : "second", 3);
    check(br_submit(app.router, batch, on_done, &app, NULL, NULL, &error), error);
    br_batch_free(batch);
    app.running++;
  }
  while (app.running > 0) check(br_poll(app.router, -1, &error), error);
  br_router_free(app.router);
  return 0;
}
