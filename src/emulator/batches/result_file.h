#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "emulator/base/body_file.h"

namespace br::emulator {

// How the text of result files may be unusual though every row is whole.
struct TextQuirks {
  bool bom = false;
  bool crlf = false;
  bool blank_lines = false;  // one before every tenth row
  bool no_final_newline = false;
};

// Writes the rows of one result file to the body file.
class ResultFile {
 public:
  ResultFile(std::shared_ptr<BodyFile> bodies, const TextQuirks& quirks) : bodies_(std::move(bodies)), quirks_(quirks) {}

  void row(std::string_view line) {
    if (rows_ == 0 && quirks_.bom) buffer_ += "\xEF\xBB\xBF";
    if (rows_ > 0) buffer_ += newline();
    if (quirks_.blank_lines && rows_ % 10 == 0) buffer_ += newline();
    buffer_ += line;
    ++rows_;
    if (buffer_.size() >= kBufferBytes) flush();
  }

  // What was written by now, its last row without a newline; null if there is none.
  std::shared_ptr<const Blob> so_far() {
    if (!buffer_.empty()) flush();
    return blob_;
  }

  // The whole file; null if it has no row. Nothing can be written any more.
  std::shared_ptr<const Blob> finish() {
    if (rows_ == 0) return nullptr;
    if (!quirks_.no_final_newline) buffer_ += newline();
    flush();
    buffer_ = std::string();
    return blob_;
  }

 private:
  static constexpr size_t kBufferBytes = 64 * 1024;

  const char* newline() const { return quirks_.crlf ? "\r\n" : "\n"; }
  void flush() {
    if (!blob_) blob_ = std::make_shared<Blob>(bodies_);
    blob_->append(buffer_);
    buffer_.clear();
  }

  std::shared_ptr<BodyFile> bodies_;
  TextQuirks quirks_;
  std::shared_ptr<Blob> blob_;
  std::string buffer_;
  int64_t rows_ = 0;
};

}  // namespace br::emulator
