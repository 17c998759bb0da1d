// Pulling, with handles that free themselves: results in a plain loop, then once more in the order of the questions.
#include <iostream>

#include "handles.h"

using Results = std::unique_ptr<br_results, Free<br_results_free>>;

int main(int argc, char** argv) try {
  const Config config = config_from(argc, argv);
  const auto router = make<Router>(br_router_new, config.get());
  const Batch batch = questions("pull", 6);
  const auto job = make<Job>(br_submit, router.get(), batch.get(), nullptr, nullptr, nullptr);

  br_result* next = nullptr;
  while (call(br_next_result, router.get(), job.get(), std::int64_t{-1}, &next) == BR_OK) {
    const ResultHandle result(next);
    std::cerr << "arrived: " << br_result_custom_id(next, nullptr) << '\n';
    call(br_result_ack, next);
  }

  const auto results = make<Results>(br_results_open, job.get());
  call(br_results_set_order, results.get(), BR_ORDER_INPUT);
  std::size_t count = 0;
  while (call(br_results_next, results.get(), &next, std::size_t{1}, &count) == BR_OK) {
    const ResultHandle result(next);
    std::cout << br_result_custom_id(next, nullptr) << ": " << text_of(next) << '\n';
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
