#include "sys/file.h"

namespace br {

namespace {
constexpr std::uint64_t kWritebackStep = std::uint64_t{2} << 20;
}  // namespace

Result<std::size_t> File::read(char* buffer, std::size_t capacity) {
  if (!handle_) return closed();
  return handle_->read(buffer, capacity);
}

Result<std::size_t> File::read_at(char* buffer, std::size_t capacity, std::uint64_t offset) const {
  if (!handle_) return closed();
  return handle_->read_at(buffer, capacity, offset);
}

Result<void> File::append(std::string_view bytes) {
  if (!handle_) return closed();
  return handle_->append(bytes);
}

Result<void> File::seek(std::uint64_t offset) {
  if (!handle_) return closed();
  return handle_->seek(offset);
}

Result<void> File::truncate(std::uint64_t size) {
  if (!handle_) return closed();
  return handle_->truncate(size);
}

Result<std::uint64_t> File::size() const {
  if (!handle_) return closed();
  return handle_->size();
}

void File::start_writeback(std::uint64_t offset, std::uint64_t length) {
  if (handle_) handle_->start_writeback(offset, length);
}

Result<void> File::sync() {
  if (!handle_) return closed();
  return handle_->sync();
}

BufferedFile::BufferedFile(File file, std::size_t capacity) : file_(std::move(file)), capacity_(capacity) {
  buffer_.reserve(capacity_ + (capacity_ >> 3));
}

Result<void> BufferedFile::append(std::string_view bytes) {
  buffer_.append(bytes);
  return flush_if_full();
}

Result<void> BufferedFile::flush_if_full() {
  if (buffer_.size() < capacity_) return {};
  return flush();
}

Result<void> BufferedFile::flush() {
  if (buffer_.empty()) return {};
  if (auto done = file_.append(buffer_); !done) return done;
  if (checksum_) checksum_->add(buffer_);
  written_ += buffer_.size();
  buffer_.clear();
  if (written_ - writeback_from_ >= kWritebackStep) {
    file_.start_writeback(writeback_from_, written_ - writeback_from_);
    writeback_from_ = written_;
  }
  return {};
}

Result<void> BufferedFile::sync() {
  if (auto done = flush(); !done) return done;
  return file_.sync();
}

}  // namespace br
