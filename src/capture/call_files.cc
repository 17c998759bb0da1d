#include "capture/call_files.h"

#include <algorithm>

namespace br {

Result<void> CallFiles::prepare() {
  if (files_->exists(directory_)) return {};
  BR_RETURN_IF_ERROR(files_->make_own_directory(directory_));
  return files_->sync_directory(parent_path(directory_));
}

Result<void> CallFiles::append(const std::string& path, std::uint64_t size, std::string_view text) {
  const bool is_new = size == 0;
  auto file = files_->open_update(path);
  BR_RETURN_IF_ERROR(file);
  BR_RETURN_IF_ERROR(file->truncate(size));
  BR_RETURN_IF_ERROR(file->seek(size));
  BR_RETURN_IF_ERROR(file->append(text));
  BR_RETURN_IF_ERROR(file->sync());
  return is_new ? files_->sync_directory(directory_) : Result<void>();
}

Result<void> CallFiles::trim(const std::string& path, std::uint64_t size) {
  if (this->size(path) <= size) return {};
  auto file = files_->open_update(path);
  BR_RETURN_IF_ERROR(file);
  BR_RETURN_IF_ERROR(file->truncate(size));
  return file->sync();
}

std::uint64_t CallFiles::size(const std::string& path) const {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, files_->file_size(path)));
}

Result<std::string> CallFiles::read(const std::string& path, const FileRange& range) const {
  auto file = files_->open_own(path);
  BR_RETURN_IF_ERROR(file);
  std::string text(static_cast<std::size_t>(range.length), '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    auto n = file->read_at(text.data() + got, text.size() - got, range.offset + got);
    BR_RETURN_IF_ERROR(n);
    if (*n == 0) return Error(Code::store, path + ": is shorter than it was", "restore the state directory");
    got += *n;
  }
  return text;
}

void CallFiles::remove(std::int64_t batch) {
  files_->remove_file(requests(batch));
  files_->remove_file(answers(batch));
}

}  // namespace br
