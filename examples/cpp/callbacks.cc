// Callbacks as lambdas: what they capture lives until the library has called destroy.
#include <iostream>

#include "handles.h"

namespace {

void drain(br_router* router, br_job* job) {
  br_result* next = nullptr;
  while (call(br_next_result, router, job, std::int64_t{0}, &next) == BR_OK) {
    const ResultHandle result(next);
    std::cout << br_result_custom_id(next, nullptr) << ": " << text_of(next) << '\n';
    call(br_result_ack, next);
  }
}

}  // namespace

int main(int argc, char** argv) try {
  int running = 0;
  std::string failure;
  const Config config = config_from(argc, argv);
  const Lambda told([](std::int32_t event, const char* job_id, const char*) {
    std::cerr << job_id << ": " << br_event_name(event) << '\n';
  });
  call(br_config_set_event, config.get(), &told.run<std::int32_t, const char*, const char*>, told.copy, &told.destroy);
  const auto router = make<Router>(br_router_new, config.get());

  for (const char* name : {"first", "second"}) {
    const Batch batch = questions(name, 3);
    // No exception may pass through the library, so this one ends here.
    const Lambda done([&running, &failure, owner = router.get()](br_job* job) {
      --running;
      try {
        drain(owner, job);
      } catch (const Failure& error) {
        failure = error.what();
      }
    });
    call(br_submit, router.get(), batch.get(), &done.run<br_job*>, done.copy, &done.destroy, nullptr);
    ++running;
  }
  while (running > 0) call(br_poll, router.get(), std::int64_t{-1});
  if (failure.empty()) return 0;
  std::cerr << failure << '\n';
  return 1;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
