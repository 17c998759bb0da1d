// Callbacks: functions that run inside poll(), for what happens and for jobs that end.
#include <iostream>

#include "questions.h"

int main(int argc, char** argv) try {
  batchrouter::Config config = config_from(argc, argv);
  config.on_event([](std::int32_t event, std::string_view job_id, std::string_view) {
    std::cerr << job_id << ": " << br_event_name(event) << '\n';
  });
  batchrouter::Router router(config);

  int running = 0;
  for (const char* name : {"first", "second"}) {
    router.submit(questions(name, 3), [&running](br_job*) { --running; });
    ++running;
  }
  while (running > 0) router.poll(-1);
  for (const batchrouter::Result& result : router.results())
    std::cout << result.custom_id() << ": " << result.text_or_error() << '\n';
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
