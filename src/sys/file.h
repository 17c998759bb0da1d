// The only door to the file system. Every directory it makes is 0700 and every file 0600, whatever the umask.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "sys/checksum.h"

namespace br {

// An open file. Closes itself; movable, not copyable. One thread at a time, but for read_at.
class File {
 public:
  File() = default;
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  // "-" is standard input. Directories are refused.
  static Result<File> open_read(const std::string& path);
  // A file of the state directory: a symbolic link in its place is refused.
  static Result<File> open_own(const std::string& path);
  // Makes the file or empties it.
  static Result<File> create(const std::string& path);
  // Opens for reading and writing at any place; makes it if missing.
  static Result<File> open_update(const std::string& path);
  // The same, for appending.
  static Result<File> open_append(const std::string& path);

  bool is_open() const { return fd_ >= 0; }
  const std::string& path() const { return path_; }
  Result<std::size_t> read(char* buffer, std::size_t capacity);
  Result<std::size_t> read_at(char* buffer, std::size_t capacity, std::uint64_t offset) const;
  Result<void> append(std::string_view bytes);  // at the current position
  Result<void> seek(std::uint64_t offset);
  Result<void> truncate(std::uint64_t size);
  Result<std::uint64_t> size() const;
  // Asks the kernel to begin writing out what was appended, so that a later sync() has little left to do.
  void start_writeback(std::uint64_t offset, std::uint64_t length);
  Result<void> sync();
  void close();

 private:
  File(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_ = -1;
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

// An exclusive lock on a file, held while the object lives in the process that took it. A child made by fork() neither
// keeps the lock when its parent lets go, nor can let go of it for its parent; a program that is started has none of it.
class FileLock {
 public:
  FileLock() = default;
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  // Code::locked when somebody else has it; the message names the holder's process id, and nothing is changed in the
  // file. Code::store where the file system has no locks.
  static Result<FileLock> take(const std::string& path);
  // Whoever had it before ended without giving it back: it was killed, or the machine went down.
  bool holder_died() const { return holder_died_; }

 private:
  int fd_ = -1;
  bool holder_died_ = false;
  int pid_ = -1;  // who took it
};

Result<void> make_directories(const std::string& path);  // with parents
// One directory, whose parent is there; a symbolic link in its place is refused.
Result<void> make_own_directory(const std::string& path);
bool path_exists(const std::string& path);
Result<std::string> absolute_path(const std::string& path);
std::string parent_path(const std::string& path);
Result<void> sync_directory(const std::string& path);
Result<void> rename_path(const std::string& from, const std::string& to);
void remove_file(const std::string& path);  // a missing one is fine
void remove_tree(const std::string& path);  // likewise
bool remove_empty_directory(const std::string& path);
std::vector<std::string> list_directory(const std::string& path);  // names, sorted; empty if there is none
std::vector<std::string> list_links(const std::string& path);      // the symbolic links among them
std::int64_t file_size(const std::string& path);                   // -1 if there is none
// Gives `from` the second name `to`: a hard link, else a copy that shares blocks, else a copy.
Result<void> link_or_copy(const std::string& from, const std::string& to);
Result<std::string> read_whole_file(const std::string& path, std::size_t max_bytes);
Result<std::string> read_own_file(const std::string& path, std::size_t max_bytes);  // as File::open_own

}  // namespace br
