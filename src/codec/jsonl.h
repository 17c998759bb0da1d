// Lines over a stream of bytes, in bounded memory: one buffer that grows only for a line longer than itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "model/error.h"

namespace br {

struct Line {
  char* data = nullptr;      // kJsonPadding readable bytes follow the last one
  std::size_t size = 0;      // without newline and without a trailing \r
  std::uint64_t number = 0;  // 1-based
  std::uint64_t offset = 0;  // of the line's first byte in the stream
  bool terminated = true;    // false: the last line, without a newline
  // Longer than the limit, and of no use but to say so: data and size may be only how it begins and ends.
  bool too_long = false;
};

// Fills up to `capacity` bytes; returns the count, 0 at the end, or an error.
using ReadFn = std::function<Result<std::size_t>(char* buffer, std::size_t capacity)>;

class LineReader {
 public:
  LineReader(ReadFn read, std::size_t max_line_bytes, std::uint64_t first_offset = 0);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // true: *line is set and valid until the next call. false: the end. A leading BOM is skipped. A line longer than the
  // limit is an error that names its number (see skip_long_lines). A stream at its end may be asked again: more may have
  // been appended, and an unterminated last line is then returned whole (see keep_partial).
  Result<bool> next(Line* line);
  // true: an unterminated last line is kept back at the end of the stream instead of being returned.
  void keep_partial(bool keep) { keep_partial_ = keep; }
  // A line longer than the limit is returned as Line::too_long, in bounded memory, and the ones behind it follow.
  void skip_long_lines() { skip_long_ = true; }
  // Bytes of a line whose end has not come yet.
  std::uint64_t pending_bytes() const { return end_ - begin_ + dropped_; }
  // Gives the buffer back where no unfinished line is in it.
  void release_buffer();

 private:
  Result<bool> fill();
  Result<void> make_room();
  Error long_line() const;
  ReadFn read_;
  std::size_t max_line_bytes_;
  char* buffer_ = nullptr;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0, scanned_ = 0;
  std::uint64_t number_ = 0, offset_ = 0;
  std::uint64_t dropped_ = 0;  // bytes out of the middle of the line that is being read
  bool keep_partial_ = false, skip_long_ = false, first_ = true;
};

}  // namespace br
