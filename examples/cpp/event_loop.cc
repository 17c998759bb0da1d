// Embedded in an epoll loop: a descriptor of the router's is readable while it has something to tell.
#include <sys/epoll.h>
#include <unistd.h>

#include <iostream>
#include <utility>

#include "questions.h"

int main(int argc, char** argv) try {
  batchrouter::Config config = config_from(argc, argv);
  bool ready = false;
  config.on_event([&ready](std::int32_t event, std::string_view, std::string_view) {
    ready = ready || event == BR_EVENT_RESULTS_READY || event == BR_EVENT_BLOCKED || event == BR_EVENT_JOB_DONE;
  });
  batchrouter::Router router(config);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, router.fd(), &wanted) != 0) throw std::runtime_error("epoll_ctl");

  router.submit(questions("loop", 8));
  for (br_status status = BR_AGAIN; status != BR_END;) {
    epoll_event happened{};
    if (epoll_wait(epoll, &happened, 1, -1) < 1) continue;
    router.poll(0);
    if (!std::exchange(ready, false)) continue;
    // Of the C interface, since this loop must not wait.
    br_result* next = nullptr;
    while ((status = batchrouter::call(br_next_result, router.get(), nullptr, std::int64_t{0}, &next)) == BR_OK) {
      const batchrouter::Result result(next);
      std::cout << result.custom_id() << ": " << result.text_or_error() << '\n';
      batchrouter::call(br_result_ack, next);
    }
  }
  ::close(epoll);
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
