// CallFiles: the texts of captured calls on disk: <state dir>/capture/batch_<n>.jsonl holds the requests of a batch as
// lines of the unified format, and is what is submitted; batch_<n>.answers the bodies of its answers, one behind the
// other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/captured_call.h"
#include "model/error.h"
#include "sys/file_system.h"

namespace br {

// Calls for one file come from one thread at a time; reading is for any thread.
class CallFiles {
 public:
  CallFiles(FileSystem* files, std::string state_dir) : files_(files), directory_(std::move(state_dir) + "/capture") {}

  Result<void> prepare();  // makes the directory
  std::string database() const { return directory_ + "/calls.db"; }
  std::string requests(std::int64_t batch) const { return name(batch, ".jsonl"); }
  std::string answers(std::int64_t batch) const { return name(batch, ".answers"); }

  // Durable when it returns. size: of what counts in the file; what a crash left behind it goes.
  Result<void> append(const std::string& path, std::uint64_t size, std::string_view text);
  // What a crash, or a transaction that failed, left behind `size` goes: nobody was told that it is there. Durable.
  Result<void> trim(const std::string& path, std::uint64_t size);
  std::uint64_t size(const std::string& path) const;  // 0 where there is none
  Result<std::string> read(const std::string& path, const FileRange& range) const;
  void remove(std::int64_t batch);

 private:
  std::string name(std::int64_t batch, const char* ending) const {
    return directory_ + "/batch_" + std::to_string(batch) + ending;
  }

  FileSystem* const files_;
  const std::string directory_;
};

}  // namespace br
