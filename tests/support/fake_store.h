// A store in memory: what it holds stays when the store is closed, as what is committed does.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace br::test {

// What a state.db holds. Any thread.
struct FakeDatabase {
  std::mutex mutex;  // guards everything
  std::map<std::string, Job, std::less<>> jobs;
  std::map<std::string, Repeat, std::less<>> repeats;
  std::optional<Error> write_error;  // of every write, which then changes nothing
  std::uint64_t process = 0;
  std::function<void()> at_repeat_of;  // called by each repeat_of(), without the lock: what happens at that moment
  // Every store that was opened before changes nothing from here on, as those of a process that was killed.
  void end_process() {
    const std::lock_guard lock(mutex);
    ++process;
  }
};

// The database outlives it.
std::unique_ptr<Store> open_fake_store(FakeDatabase* database);

}  // namespace br::test
