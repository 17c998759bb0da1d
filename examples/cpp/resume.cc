// Crash safety: kill this program at any moment and start it again with the same state_dir.
#include <iostream>

#include "handles.h"

int main(int argc, char** argv) try {
  const Config config = config_from(argc, argv);
  const auto router = make<Router>(br_router_new, config.get());  // goes on with every unfinished job
  const Batch batch = questions("safe", 10);
  call(br_batch_set, batch.get(), "continue", "1");
  br_job* made = nullptr;
  const br_status submitted = call(br_submit, router.get(), batch.get(), nullptr, nullptr, nullptr, &made);
  const Job job(made);
  std::cerr << (submitted == BR_EXISTS ? "going on with " : "submitted ") << br_job_id(made) << std::endl;

  br_result* next = nullptr;
  while (call(br_next_result, router.get(), made, std::int64_t{-1}, &next) == BR_OK) {
    const ResultHandle result(next);
    std::cout << br_result_custom_id(next, nullptr) << ": " << text_of(next) << '\n';
  }
  std::cout.flush();
  call(br_job_ack_all, made);  // now they count as taken
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
