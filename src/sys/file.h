// An open file, whichever FileSystem (sys/file_system.h) it came from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/error.h"
#include "sys/checksum.h"

namespace br {

// What a FileSystem implements for each file it opens; closed by its destructor. One thread at a time, but for read_at.
class FileHandle {
 public:
  FileHandle() = default;
  virtual ~FileHandle() = default;
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  virtual Result<std::size_t> read(char* buffer, std::size_t capacity) = 0;
  virtual Result<std::size_t> read_at(char* buffer, std::size_t capacity, std::uint64_t offset) const = 0;
  virtual Result<void> append(std::string_view bytes) = 0;
  virtual Result<void> seek(std::uint64_t offset) = 0;
  virtual Result<void> truncate(std::uint64_t size) = 0;
  virtual Result<std::uint64_t> size() const = 0;
  virtual void start_writeback(std::uint64_t offset, std::uint64_t length) = 0;
  virtual Result<void> sync() = 0;
};

// An open file. Closes itself; movable, not copyable. One thread at a time, but for read_at. A closed one refuses all.
class File {
 public:
  File() = default;
  File(std::unique_ptr<FileHandle> handle, std::string path) : handle_(std::move(handle)), path_(std::move(path)) {}

  bool is_open() const { return handle_ != nullptr; }
  const std::string& path() const { return path_; }
  Result<std::size_t> read(char* buffer, std::size_t capacity);
  Result<std::size_t> read_at(char* buffer, std::size_t capacity, std::uint64_t offset) const;
  Result<void> append(std::string_view bytes);  // at the current position
  Result<void> seek(std::uint64_t offset);
  Result<void> truncate(std::uint64_t size);
  Result<std::uint64_t> size() const;
  // Asks the system to begin writing out what was appended, so that a later sync() has little left to do.
  void start_writeback(std::uint64_t offset, std::uint64_t length);
  Result<void> sync();
  void close() { handle_.reset(); }

 private:
  Error closed() const { return Error(Code::io, path_ + ": is not open"); }

  std::unique_ptr<FileHandle> handle_;
  std::string path_;
};

// Collects small appends into large writes.
class BufferedFile {
 public:
  explicit BufferedFile(File file, std::size_t capacity = std::size_t{256} << 10);
  Result<void> append(std::string_view bytes);
  // The buffer itself, to append to directly; call flush_if_full() afterwards.
  std::string& buffer() { return buffer_; }
  bool is_full() const { return buffer_.size() >= capacity_; }
  Result<void> flush_if_full();
  Result<void> flush();
  Result<void> sync();
  // Before the first byte: checksum() is wanted.
  void keep_checksum() { checksum_.emplace(); }
  // Of all bytes up to the last flush().
  std::string checksum() const { return checksum_ ? checksum_->text() : std::string(); }
  std::uint64_t written() const { return written_ + buffer_.size(); }
  File& file() { return file_; }

 private:
  File file_;
  std::string buffer_;
  std::size_t capacity_;
  std::optional<Checksum> checksum_;
  std::uint64_t written_ = 0, writeback_from_ = 0;
};

}  // namespace br
