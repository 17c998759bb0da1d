// Crash safety: kill this program at any moment and start it again with the same state_dir.
#include <iostream>

#include "questions.h"

int main(int argc, char** argv) try {
  batchrouter::Router router(config_from(argc, argv));  // goes on with every unfinished job
  const bool is_new = router.jobs(1).empty();
  batchrouter::Job job = router.submit(questions("safe", 10).set("continue", "1"));
  std::cerr << (is_new ? "submitted " : "going on with ") << job.id() << std::endl;
  job.wait();
  for (const batchrouter::Result& result : job.results()) std::cout << result.custom_id() << ": " << result.text_or_error() << '\n';
  std::cout.flush();
  job.acknowledge_all();  // now they count as taken
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
