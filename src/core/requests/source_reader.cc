#include "core/requests/source_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace br {

Result<void> SourceReader::open(FileSystem* files, const RequestSource& source) {
  source_ = &source;
  if (source.path.empty()) return {};
  auto opened = files->open_read(source.path);
  BR_RETURN_IF_ERROR(opened);
  file_ = std::move(*opened);
  return {};
}

Result<std::size_t> SourceReader::read(char* buffer, std::size_t capacity) {
  Result<std::size_t> got = std::size_t{0};
  if (source_->path.empty()) {
    *got = std::min(capacity, source_->text.size() - at_);
    std::memcpy(buffer, source_->text.data() + at_, *got);
    at_ += *got;
  } else {
    got = file_.read(buffer, capacity);
  }
  if (got && std::exchange(fresh_, false)) form_ = look_at_file({buffer, *got}, source_->name);
  return got;
}

}  // namespace br
