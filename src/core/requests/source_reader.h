// SourceReader: the bytes of a source of lines, whose first ones tell whether it holds lines at all.
#pragma once

#include <cstddef>

#include "codec/file_form.h"
#include "core/requests/intake.h"
#include "sys/file_system.h"

namespace br {

class SourceReader {
 public:
  // The source lives as long as this.
  Result<void> open(FileSystem* files, const RequestSource& source);
  Result<std::size_t> read(char* buffer, std::size_t capacity);
  // What it holds instead of lines, known once something was read.
  const FileForm& form() const { return form_; }

 private:
  const RequestSource* source_ = nullptr;
  File file_;
  std::size_t at_ = 0;
  bool fresh_ = true;
  FileForm form_;
};

}  // namespace br
