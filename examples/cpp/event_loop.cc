// Embedded in an epoll loop: a descriptor of the router's is readable while it has something to tell.
#include <sys/epoll.h>
#include <unistd.h>

#include <iostream>

#include "handles.h"

int main(int argc, char** argv) try {
  const Config config = config_from(argc, argv);
  bool ready = false;
  const Lambda told([&ready](std::int32_t event, const char*, const char*) {
    ready = ready || event == BR_EVENT_RESULTS_READY || event == BR_EVENT_BLOCKED || event == BR_EVENT_JOB_DONE;
  });
  call(br_config_set_event, config.get(), &told.run<std::int32_t, const char*, const char*>, told.copy, &told.destroy);
  const auto router = make<Router>(br_router_new, config.get());
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, br_router_fd(router.get()), &wanted) != 0) throw std::runtime_error("epoll_ctl");

  const Batch batch = questions("loop", 8);
  call(br_submit, router.get(), batch.get(), nullptr, nullptr, nullptr, nullptr);
  for (br_status status = BR_AGAIN; status != BR_END;) {
    epoll_event happened{};
    if (epoll_wait(epoll, &happened, 1, -1) < 1) continue;
    call(br_poll, router.get(), std::int64_t{0});
    if (!std::exchange(ready, false)) continue;
    br_result* next = nullptr;
    while ((status = call(br_next_result, router.get(), nullptr, std::int64_t{0}, &next)) == BR_OK) {
      const ResultHandle result(next);
      std::cout << br_result_custom_id(next, nullptr) << ": " << text_of(next) << '\n';
      call(br_result_ack, next);
    }
  }
  ::close(epoll);
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
