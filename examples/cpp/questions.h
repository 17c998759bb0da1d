// What the examples share: settings from the command line, and questions.
#pragma once

#include <batchrouter.hpp>

#include <string>

// Arguments are settings: KEY VALUE KEY VALUE … docs/configuration.md lists them.
inline batchrouter::Config config_from(int argc, char** argv) {
  batchrouter::Config config;
  for (int i = 1; i + 1 < argc; i += 2) config.set(argv[i], argv[i + 1]);
  return config;
}

// Questions under the ids PREFIX-1, PREFIX-2, …
inline batchrouter::Batch questions(const std::string& prefix, int count) {
  batchrouter::Batch batch("openai");
  for (int i = 1; i <= count; ++i) {
    const std::string number = std::to_string(i);
    batch.add(batchrouter::Request(prefix + "-" + number, "gpt-4o-mini").user("What is " + number + " times " + number + "?"));
  }
  return batch;
}
