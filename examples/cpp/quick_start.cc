// The quick start: two questions as one batch, the answers as they come.
#include <batchrouter.hpp>

#include <iostream>

int main(int argc, char** argv) try {
  batchrouter::Config config;
  if (argc > 1) config.set("openai.base_url", argv[1]);
  if (argc > 2) config.set("state_dir", argv[2]);
  if (argc > 3) config.set("poll.interval_ms", argv[3]);

  batchrouter::Router router(config);
  batchrouter::Batch batch("openai");
  batch.add(batchrouter::Request("capital", "gpt-4o-mini").user("What is the capital of France?"));
  batch.add(batchrouter::Request("sum", "gpt-4o-mini").system("You are a patient tutor.").user("What is 2+2?").max_tokens(64));
  batchrouter::Job job = router.submit(batch);

  for (const batchrouter::Result& result : router.results(job)) {
    std::cout << result.custom_id() << ": " << result.text_or_error() << '\n';
    job.update();
    std::cout << "Progress: " << job.count(BR_COUNT_SUCCEEDED) << '/' << job.count(BR_COUNT_TOTAL) << '\n';
  }
} catch (const batchrouter::Error& error) {
  std::cerr << error.what() << '\n';
  for (const std::string_view issue : error.issues()) std::cerr << "  " << issue << '\n';
  if (!error.hint().empty()) std::cerr << "hint: " << error.hint() << '\n';
  return 1;
}
