/* Embedded: the router is one more descriptor in a program's own epoll loop, beside a timer. Nothing here blocks. */
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "example.h"

enum { kTicksMs = 20, kBlock = 64 };

struct loop {
  br_router *router;
  int epoll, timer;
  int ticks, ended;
};

static void watch(struct loop *loop, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
  if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) perror("epoll_ctl"), exit(1);
}

/* Takes what is there, without waiting. */
static void take_results(struct loop *loop) {
  br_result *block[kBlock];
  size_t count = 0;
  br_error *error = NULL;
  br_status status;
  while ((status = br_next_results(loop->router, NULL, 0, block, kBlock, &count, &error)) == BR_OK) {
    for (size_t i = 0; i < count; i++) print_result(block[i]);
  }
  check(status, error);
  loop->ended = status == BR_END;
}

static void on_event(void *user_data, int32_t event, const char *job_id, const char *json) {
  (void)job_id, (void)json;
  if (event == BR_EVENT_RESULTS_READY || event == BR_EVENT_JOB_DONE || event == BR_EVENT_BLOCKED)
    take_results(user_data);
}

static void tick(struct loop *loop) {
  uint64_t expired = 0;
  if (read(loop->timer, &expired, sizeof expired) == sizeof expired) loop->ticks += (int)expired;
}

int main(int argc, char **argv) {
  struct loop loop = {.epoll = epoll_create1(EPOLL_CLOEXEC), .timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)};
  const struct itimerspec period = {{0, kTicksMs * 1000000L}, {0, kTicksMs * 1000000L}};
  br_error *error = NULL;
  br_config *config = config_from(argc, argv);
  check(br_config_set_event(config, on_event, &loop, NULL, &error), error);
  check(br_router_new(config, &loop.router, &error), error);
  br_config_free(config);
  timerfd_settime(loop.timer, 0, &period, NULL);
  watch(&loop, loop.timer);
  watch(&loop, br_router_fd(loop.router));

  br_batch *batch = questions("loop", 8);
  check(br_submit(loop.router, batch, NULL, NULL, NULL, NULL, &error), error);
  br_batch_free(batch);
  while (!loop.ended) {
    struct epoll_event ready[4];
    const int n = epoll_wait(loop.epoll, ready, 4, -1);
    for (int i = 0; i < n; i++) {
      if (ready[i].data.fd == loop.timer) tick(&loop);
      else check(br_poll(loop.router, 0, &error), error);
    }
  }
  fprintf(stderr, "the program's own timer ticked %d times meanwhile\n", loop.ticks);
  br_router_free(loop.router);
  close(loop.timer);
  close(loop.epoll);
  return 0;
}
