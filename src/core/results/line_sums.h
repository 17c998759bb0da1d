// The checksum of every line of a results file that is still being collected, eight bytes each, in a file beside it: what
// an earlier process left is believed line by line.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "sys/file_system.h"

namespace br {

class LineSums {
 public:
  static std::string path_of(const std::string& results_path) { return results_path + ".sums"; }
  static std::uint64_t sum_of(std::string_view line);
  // Of the lines that an earlier process wrote; nothing where it kept none.
  static Result<std::optional<std::vector<std::uint64_t>>> read(FileSystem* files, const std::string& results_path);

  // The lines that are kept of what an earlier process wrote; what followed them is dropped. The file that was there stays
  // until this one is on disk: without its sum no line is believed, also of those that were acknowledged.
  static Result<void> write(FileSystem* files, const std::string& results_path, const std::vector<std::uint64_t>& sums);

  // Makes none where there is none: an empty one would say that no line is to be believed.
  static Result<void> sync(FileSystem* files, const std::string& results_path);

  Result<void> open(FileSystem* files, const std::string& results_path);  // to go on at the end
  void add(std::string_view line);
  // Before the lines themselves are written: a line without a sum is not believed.
  Result<void> flush();
  void close() { file_.reset(); }

 private:
  std::unique_ptr<BufferedFile> file_;
};

}  // namespace br
