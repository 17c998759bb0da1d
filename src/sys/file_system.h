// FileSystem: the only door to files and directories. Every directory it makes is 0700 and every file 0600, whatever the
// umask. posix_files() is the real one; tests and simulations give another.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/error.h"
#include "sys/file.h"
#include "sys/path_info.h"

namespace br {

enum class OpenMode : std::uint8_t {
  read,    // "-" is standard input; directories are refused
  own,     // for reading, a file of the state directory: a symbolic link in its place is refused
  create,  // makes the file or empties it
  update,  // for reading and writing at any place; makes it if missing
  append,  // the same, for appending
};

// What a FileSystem implements for each lock it gives; the lock goes with it.
class LockHandle {
 public:
  LockHandle() = default;
  virtual ~LockHandle() = default;
  LockHandle(const LockHandle&) = delete;
  LockHandle& operator=(const LockHandle&) = delete;
};

// An exclusive lock on a file, held while the object lives in the process that locked it. A child made by fork() neither
// keeps the lock when its parent lets go, nor can let go of it for its parent; a program that is started has none of it.
class FileLock {
 public:
  FileLock() = default;
  FileLock(std::unique_ptr<LockHandle> handle, bool holder_died)
      : handle_(std::move(handle)), holder_died_(holder_died) {}
  // Whoever had it before ended without giving it back: it was killed, or the machine went down.
  bool holder_died() const { return holder_died_; }

 private:
  std::unique_ptr<LockHandle> handle_;
  bool holder_died_ = false;
};

// Any thread.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<File> open_file(const std::string& path, OpenMode mode) = 0;
  Result<File> open_read(const std::string& path) { return open_file(path, OpenMode::read); }
  Result<File> open_own(const std::string& path) { return open_file(path, OpenMode::own); }
  Result<File> create(const std::string& path) { return open_file(path, OpenMode::create); }
  Result<File> open_update(const std::string& path) { return open_file(path, OpenMode::update); }
  Result<File> open_append(const std::string& path) { return open_file(path, OpenMode::append); }
  // Code::locked when somebody else has it; the message names the holder's process id, and nothing is changed in the
  // file. Code::store where the file system has no locks.
  virtual Result<FileLock> lock(const std::string& path) = 0;

  virtual PathInfo inspect(const std::string& path, Links links) = 0;
  bool exists(const std::string& path) { return inspect(path, Links::follow).exists; }
  std::int64_t file_size(const std::string& path);  // -1 if there is none
  virtual Result<std::string> absolute_path(const std::string& path) = 0;

  // One directory, whose parent is there; false: something of that name is there already.
  virtual Result<bool> make_directory(const std::string& path) = 0;
  Result<void> make_directories(const std::string& path);  // with parents
  // One directory, whose parent is there; a symbolic link in its place is refused.
  Result<void> make_own_directory(const std::string& path);
  virtual std::vector<std::string> list_directory(const std::string& path) = 0;  // names, sorted; empty if there is none
  virtual std::vector<std::string> list_links(const std::string& path);          // the symbolic links among them

  // A new, renamed or removed entry of a directory is durable once that directory is synced.
  virtual Result<void> sync_directory(const std::string& path) = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual void remove_file(const std::string& path) = 0;  // a missing one is fine
  virtual bool remove_empty_directory(const std::string& path) = 0;
  void remove_tree(const std::string& path);  // a missing one is fine
  // Gives `from` the second name `to`, a hard link; false where that cannot be done.
  virtual bool link(const std::string& from, const std::string& to) = 0;
  // The same, replacing `to`; a copy where there are no links.
  Result<void> link_or_copy(const std::string& from, const std::string& to);

  Result<std::string> read_whole_file(const std::string& path, std::size_t max_bytes);
  Result<std::string> read_own_file(const std::string& path, std::size_t max_bytes);  // as open_own
};

// The operating system's. Lives as long as the process.
FileSystem* posix_files();

std::string parent_path(const std::string& path);

}  // namespace br
