#include "store/output_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace br {

Result<OutputFile> OutputFile::open(FileSystem* files, const std::string& path) {
  BR_RETURN_IF_ERROR(files->create(path));
  return OutputFile(files, path);
}

Result<void> OutputFile::ready() {
  if (file_.is_open()) return {};
  auto file = files_->open_update(path_);
  BR_RETURN_IF_ERROR(file);
  if (auto sought = file->seek(length_); !sought) return sought;
  file_ = std::move(*file);
  return {};
}

Result<void> OutputFile::begin_source(Source from) {
  comparing_ = from == Source::again && source_start_ < length_;
  if (from == Source::again) compare_at_ = source_start_;
  else source_start_ = length_;
  return {};
}

void OutputFile::continue_source() { comparing_ = false; }

Result<void> OutputFile::put(std::string_view bytes) {
  if (auto opened = ready(); !opened) return opened;
  if (auto done = file_.append(bytes); !done) {
    close();  // some of it may have been written: the next try goes on from length_
    return done;
  }
  length_ += bytes.size();
  return {};
}

// How many of the bytes are the same as what the file holds already.
Result<std::size_t> OutputFile::match(std::string_view bytes) {
  char block[16384];
  std::size_t same = 0;
  while (same < bytes.size() && compare_at_ < length_) {
    const std::size_t want = std::min({bytes.size() - same, sizeof block, static_cast<std::size_t>(length_ - compare_at_)});
    auto n = file_.read_at(block, want, compare_at_);
    BR_RETURN_IF_ERROR(n);
    if (*n == 0) break;
    const auto* end = std::mismatch(block, block + *n, bytes.data() + same).first;
    const auto equal = static_cast<std::size_t>(end - block);
    same += equal;
    compare_at_ += equal;
    if (equal < *n) break;
  }
  return same;
}

// Of the line that holds the byte before `end`, within the source.
Result<std::uint64_t> OutputFile::line_start(std::uint64_t end) {
  char c = 0;
  for (; end > source_start_; --end) {
    auto n = file_.read_at(&c, 1, end - 1);
    BR_RETURN_IF_ERROR(n);
    if (c == '\n') break;
  }
  return end;
}

// What the download that broke left of its last line belongs to nothing that came whole.
Result<void> OutputFile::note_cut_line() {
  auto start = line_start(length_);
  BR_RETURN_IF_ERROR(start);
  if (*start < length_) cut_lines_.push_back(*start);
  return {};
}

// The repeated download went another way inside a line: that line is completed from its own beginning on a new line.
Result<void> OutputFile::diverge() {
  comparing_ = false;
  diverged_ = true;
  divergence_ = length_ + 1;
  if (auto noted = note_cut_line(); !noted) return noted;
  auto found = line_start(compare_at_);
  BR_RETURN_IF_ERROR(found);
  const std::uint64_t line_start = *found;
  std::string prefix(static_cast<std::size_t>(compare_at_ - line_start), '\0');
  BR_RETURN_IF_ERROR(file_.read_at(prefix.data(), prefix.size(), line_start));
  return put("\n" + prefix);
}

Result<void> OutputFile::append(std::string_view bytes) {
  if (auto opened = ready(); !opened) return opened;
  if (comparing_) {
    auto same = match(bytes);
    BR_RETURN_IF_ERROR(same);
    bytes.remove_prefix(*same);
    if (bytes.empty()) return {};
    if (compare_at_ == length_) {
      comparing_ = false;
    } else if (auto done = diverge(); !done) {
      return done;
    }
  }
  return put(bytes);
}

Result<void> OutputFile::end_source() {
  const bool is_shorter = std::exchange(comparing_, false) && compare_at_ < length_;
  if (length_ == 0) return {};
  if (auto opened = ready(); !opened) return opened;
  if (is_shorter) BR_RETURN_IF_ERROR(note_cut_line());
  char last = 0;
  BR_RETURN_IF_ERROR(file_.read_at(&last, 1, length_ - 1));
  if (last == '\n') return {};
  return put("\n");
}

}  // namespace br
