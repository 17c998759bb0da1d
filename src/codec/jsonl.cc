#include "codec/jsonl.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "codec/json_read.h"

namespace br {
namespace {
constexpr std::size_t kFirstCapacity = std::size_t{128} << 10;
// What stays of a line that is too long: vendors put the id at the one end or at the other.
constexpr std::size_t kNoLine = 4;  // what of a line's bytes is none of it: a byte order mark and \r
constexpr std::size_t kKeptStart = std::size_t{16} << 10, kKeptEnd = std::size_t{16} << 10;
}

LineReader::LineReader(ReadFn read, std::size_t max_line_bytes, std::uint64_t first_offset)
    : read_(std::move(read)), max_line_bytes_(max_line_bytes), offset_(first_offset), first_(first_offset == 0) {}

LineReader::~LineReader() { std::free(buffer_); }

void LineReader::release_buffer() {
  if (begin_ != end_ || dropped_ > 0) return;
  std::free(buffer_);
  buffer_ = nullptr;
  capacity_ = begin_ = end_ = scanned_ = 0;
}

Error LineReader::long_line() const {
  return Error(Code::input,
               "line " + std::to_string(number_ + 1) + " is longer than " + std::to_string(max_line_bytes_) + " bytes",
               "shorten it or raise limits.max_line_bytes");
}

// The buffer is full of one unfinished line: it grows, or the line's middle goes.
Result<void> LineReader::make_room() {
  if (capacity_ > max_line_bytes_ + kNoLine) {
    if (!skip_long_) return long_line();
    const std::size_t kept = kKeptStart + kKeptEnd;
    std::memmove(buffer_ + kKeptStart, buffer_ + end_ - kKeptEnd, kKeptEnd);
    dropped_ += end_ - kept;
    end_ = scanned_ = kept;
    return {};
  }
  const std::size_t larger = capacity_ == 0 ? kFirstCapacity : capacity_ * 2;
  auto* moved = static_cast<char*>(std::realloc(buffer_, larger + kJsonPadding));
  if (moved == nullptr) throw std::bad_alloc();
  std::memset(moved + capacity_, 0, larger + kJsonPadding - capacity_);
  buffer_ = moved;
  capacity_ = larger;
  return {};
}

// Reads more behind what is there. false: the stream has no more for now.
Result<bool> LineReader::fill() {
  if (begin_ > 0 && end_ == capacity_) {
    std::memmove(buffer_, buffer_ + begin_, end_ - begin_);
    scanned_ -= begin_, end_ -= begin_, begin_ = 0;
  }
  if (end_ == capacity_) {
    BR_RETURN_IF_ERROR(make_room());
  }
  auto n = read_(buffer_ + end_, capacity_ - end_);
  BR_RETURN_IF_ERROR(n);
  end_ += *n;
  return *n > 0;
}

Result<bool> LineReader::next(Line* line) {
  for (;;) {
    const void* newline = end_ > scanned_ ? std::memchr(buffer_ + scanned_, '\n', end_ - scanned_) : nullptr;
    std::size_t stop = end_;
    line->terminated = newline != nullptr;
    if (newline != nullptr) {
      stop = static_cast<std::size_t>(static_cast<const char*>(newline) - buffer_);
    } else {
      scanned_ = end_;
      auto more = fill();
      BR_RETURN_IF_ERROR(more);
      if (*more) continue;
      if (begin_ == end_ || keep_partial_) return false;
      stop = end_;
    }
    line->data = buffer_ + begin_;
    line->size = stop - begin_;
    line->offset = offset_;
    line->number = ++number_;
    const std::size_t used = stop - begin_ + (line->terminated ? 1 : 0);
    offset_ += used + std::exchange(dropped_, 0);
    begin_ += used;
    scanned_ = begin_;
    const bool marked = first_;
    first_ = false;
    if (marked && line->size >= 3 && std::memcmp(line->data, "\xef\xbb\xbf", 3) == 0) line->data += 3, line->size -= 3;
    if (line->size > 0 && line->data[line->size - 1] == '\r') --line->size;
    line->too_long = dropped_ > 0 || line->size > max_line_bytes_;
    if (line->too_long && !skip_long_) {
      --number_;
      return long_line();
    }
    return true;
  }
}

}  // namespace br
