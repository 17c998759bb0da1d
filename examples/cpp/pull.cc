// Pulling: results in a plain loop as they come, then once more in the order of the questions.
#include <iostream>

#include "questions.h"

int main(int argc, char** argv) try {
  batchrouter::Router router(config_from(argc, argv));
  const batchrouter::Job job = router.submit(questions("pull", 6));
  for (const batchrouter::Result& result : router.results(job)) std::cerr << "arrived: " << result.custom_id() << '\n';
  for (const batchrouter::Result& result : job.results(BR_ORDER_INPUT))
    std::cout << result.custom_id() << ": " << result.text_or_error() << '\n';
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
