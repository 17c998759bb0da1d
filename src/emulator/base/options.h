// What a user of the emulator may choose.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace br::emulator {

// How the emulated vendors behave. Times are virtual: they pass `speed` times as fast as the machine's clock.
struct EmulatorOptions {
  uint16_t port = 0;               // 0: the kernel picks a free one
  std::vector<std::string> keys;   // accepted API keys; empty: every non-empty key
  std::string spill_dir = "/tmp";  // where the unlinked file with uploads and results lives
  uint64_t seed = 1;               // of ids, of the order of results, of failing rows
  double speed = 1;                // virtual milliseconds per real millisecond
  int64_t latency_ms = 60'000;     // virtual time from the creation of a batch to its end
  int polls = 0;                   // > 0: instead of by time, a batch moves on one stage every so many reads
  double fail_rate = 0;            // share of rows that fail with a 500 of their own, 0 to 1
  int64_t max_file_bytes = 0;      // of the three limits, 0: the vendor's own
  int64_t max_batch_bytes = 0;
  int64_t max_requests = 0;
  std::string aws_key =
      "AKIDEMULATED:emulated-secret";  // ID:SECRET[:SESSION_TOKEN], for bedrock and S3; more by commas
  std::string service_account;         // a key file's text in JSON, for vertex; empty: one is made
  std::vector<std::string> models;     // known models; empty: every one whose name does not begin with "no-such-"
};

}  // namespace br::emulator
