// A store of captured calls in memory: what it holds stays when the store is closed, as what is committed does.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "store/call_store.h"

namespace br::test {

// What a calls.db holds. Any thread.
struct FakeCallDatabase {
  std::mutex mutex;  // guards everything
  std::map<std::int64_t, CapturedCall> calls;
  std::map<std::int64_t, CallBatch> batches;
  std::int64_t last_call = 0, last_batch = 0;
  std::string salt;
  std::optional<Error> write_error;  // of every write, which then changes nothing
  std::uint64_t process = 0;
  // Every store that was opened before changes nothing from here on, as those of a process that was killed.
  void end_process() {
    const std::lock_guard lock(mutex);
    ++process;
  }
  void fail_writes(std::optional<Error> error) {
    const std::lock_guard lock(mutex);
    write_error = std::move(error);
  }
};

// The database outlives it.
std::unique_ptr<CallStore> open_fake_call_store(FakeCallDatabase* database);

}  // namespace br::test
