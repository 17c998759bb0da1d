// OutputFile: the vendor's result bytes of one remote batch as they come. Append-only while a reader follows it. A
// download that is made again does not double what is there: as long as its bytes are the same they are skipped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/error.h"
#include "sys/file_system.h"

namespace br {

class OutputFile {
 public:
  // Forgets what an earlier process left. The file is closed again until there are bytes for it.
  static Result<OutputFile> open(FileSystem* files, const std::string& path);

  // One result file of the vendor begins: the next one, or the same one again after a broken download.
  enum class Source : std::uint8_t { next, again };
  Result<void> begin_source(Source from);
  // Bytes of the source that are here already.
  std::uint64_t source_length() const { return length_ - source_start_; }
  std::uint64_t source_start() const { return source_start_; }
  // The next bytes are those behind source_length(), not those of the beginning.
  void continue_source();
  Result<void> append(std::string_view bytes);
  // The source came to its end; the next one begins on a new line.
  Result<void> end_source();
  // Gives the descriptor back; whatever needs one opens it again.
  void close() { file_ = File(); }
  // Bytes that a reader may look at.
  std::uint64_t length() const { return length_; }
  // true once bytes of a repeated download differed, so that rows may stand in the file twice.
  bool diverged() const { return diverged_; }
  // Once after a repeated download went another way: where what came then begins.
  std::optional<std::uint64_t> consume_divergence() { return std::exchange(divergence_, std::nullopt); }
  // Where lines begin of which a broken download left a part, and which did not come whole after it: they say nothing.
  const std::vector<std::uint64_t>& cut_lines() const { return cut_lines_; }

 private:
  OutputFile(FileSystem* files, std::string path) : files_(files), path_(std::move(path)) {}
  Result<void> ready();
  Result<std::size_t> match(std::string_view bytes);
  Result<void> diverge();
  Result<std::uint64_t> line_start(std::uint64_t end);
  Result<void> note_cut_line();
  Result<void> put(std::string_view bytes);

  FileSystem* files_;
  std::string path_;
  File file_;  // at length_, where it is open
  std::uint64_t length_ = 0;
  std::uint64_t source_start_ = 0;
  std::uint64_t compare_at_ = 0;  // next byte to compare with; == length_: nothing left to compare
  bool comparing_ = false, diverged_ = false;
  std::optional<std::uint64_t> divergence_;
  std::vector<std::uint64_t> cut_lines_;  // ascending
};

}  // namespace br
