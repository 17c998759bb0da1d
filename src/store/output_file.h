// OutputFile: the vendor's result bytes of one remote batch as they come. Append-only while a reader follows it. A
// download that is made again does not double what is there: as long as its bytes are the same they are skipped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/error.h"
#include "sys/file.h"

namespace br {

class OutputFile {
 public:
  // fresh: forget what an earlier process left.
  static Result<OutputFile> open(const std::string& path, bool fresh);

  // One result file of the vendor begins (again: the same one after a broken download).
  Result<void> begin_source(bool again);
  Result<void> append(std::string_view bytes);
  // The source came to its end; the next one begins on a new line.
  Result<void> end_source();
  Result<void> sync() { return file_.sync(); }
  // Bytes that a reader may look at.
  std::uint64_t length() const { return length_; }
  // true once bytes of a repeated download differed, so that rows may stand in the file twice.
  bool diverged() const { return diverged_; }

 private:
  explicit OutputFile(File file) : file_(std::move(file)) {}
  Result<std::size_t> match(std::string_view bytes);
  Result<void> diverge();
  Result<void> put(std::string_view bytes);

  File file_;
  std::uint64_t length_ = 0;
  std::uint64_t source_start_ = 0;
  std::uint64_t compare_at_ = 0;  // next byte to compare with; == length_: nothing left to compare
  bool comparing_ = false, diverged_ = false;
};

}  // namespace br
