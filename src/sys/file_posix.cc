// Open files and locks of the operating system.
#include "sys/file_posix.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sys/io_error.h"

namespace br {
namespace {

constexpr const char* kStandardInput = "<stdin>";  // not ours to close

class PosixFile : public FileHandle {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override {
    if (path_ != kStandardInput) ::close(fd_);
  }

  Result<std::size_t> read(char* buffer, std::size_t capacity) override {
    for (;;) {
      const ssize_t n = ::read(fd_, buffer, capacity);
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) return io_error(path_, "read");
    }
  }

  Result<std::size_t> read_at(char* buffer, std::size_t capacity, std::uint64_t offset) const override {
    for (;;) {
      const ssize_t n = ::pread(fd_, buffer, capacity, static_cast<off_t>(offset));
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) return io_error(path_, "read");
    }
  }

  Result<void> append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
      if (n < 0) {
        if (errno == EINTR) continue;
        return io_error(path_, "write");
      }
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }

  Result<void> seek(std::uint64_t offset) override {
    if (::lseek(fd_, static_cast<off_t>(offset), SEEK_SET) < 0) return io_error(path_, "seek");
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return io_error(path_, "truncate");
    return {};
  }

  Result<std::uint64_t> size() const override {
    struct stat info {};
    if (fstat(fd_, &info) != 0) return io_error(path_, "stat");
    return static_cast<std::uint64_t>(info.st_size);
  }

  void start_writeback(std::uint64_t offset, std::uint64_t length) override {
    sync_file_range(fd_, static_cast<off_t>(offset), static_cast<off_t>(length), SYNC_FILE_RANGE_WRITE);
  }

  Result<void> sync() override {
    if (::fdatasync(fd_) != 0) return io_error(path_, "sync");
    return {};
  }

 private:
  int fd_;
  std::string path_;
};

File made(int fd, const std::string& path) { return File(std::make_unique<PosixFile>(fd, path), path); }

Result<File> open_for_reading(const std::string& path) {
  if (path == "-") return made(STDIN_FILENO, kStandardInput);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error(path, "open");
  struct stat info {};
  if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    ::close(fd);
    return Error(Code::io, path + ": cannot read: it is a directory", "name a file");
  }
  posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return made(fd, path);
}

Result<File> open_own_for_reading(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return io_error(path, "open");
  posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return made(fd, path);
}

// fchmod, because open()'s mode is cut by the umask.
Result<File> open_private(const std::string& path, int flags, const char* verb) {
  const int fd = ::open(path.c_str(), flags | O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return io_error(path, verb);
  fchmod(fd, 0600);
  return made(fd, path);
}

}  // namespace

Result<File> open_posix_file(const std::string& path, OpenMode mode) {
  switch (mode) {
    case OpenMode::read: return open_for_reading(path);
    case OpenMode::own: return open_own_for_reading(path);
    case OpenMode::create: return open_private(path, O_TRUNC, "create");
    case OpenMode::update: return open_private(path, 0, "open");
    case OpenMode::append: return open_private(path, O_APPEND, "open");
  }
  return Error(Code::internal, path + ": no such mode");
}

namespace {

class PosixLock : public LockHandle {
 public:
  explicit PosixLock(int fd) : fd_(fd), pid_(::getpid()) {}
  // A forked child shares the lock until it execs or ends; closing the descriptor here would leave it locked there.
  // The holder's id goes first: one that is left tells the next that its holder died.
  ~PosixLock() override {
    if (pid_ == ::getpid() && ::ftruncate(fd_, 0) == 0) ::flock(fd_, LOCK_UN);
    ::close(fd_);
  }

 private:
  int fd_;
  int pid_;  // who locked it
};

Error held_by_another(const std::string& path, int fd) {
  char holder[24] = {};
  const ssize_t n = ::pread(fd, holder, sizeof holder - 1, 0);
  std::string who = n > 0 ? " (process " + std::string(holder, static_cast<std::size_t>(n)) + ")" : "";
  who.erase(std::remove(who.begin(), who.end(), '\n'), who.end());
  return Error(Code::locked, path + ": the state directory is in use by another process" + who,
               "wait until it ends, or use another state directory");
}

// flock() of a network file system, or of one in user space, fails with one of many numbers: all but "held" mean this.
Error no_locks(const std::string& path, int number) {
  return Error(Code::store,
               path + ": cannot lock the file: " + std::strerror(number) + "; the file system may have no file locks",
               "name a state directory on a local disk, or mount that file system with locks");
}

// The file that was locked is still the one of that name: a router that leaves a fresh directory behind removes it.
bool is_named(int fd, const std::string& path) {
  struct stat held {}, named {};
  return ::fstat(fd, &held) == 0 && ::lstat(path.c_str(), &named) == 0 && held.st_dev == named.st_dev &&
         held.st_ino == named.st_ino;
}

int lock_now(int fd) {
  for (;;) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return 0;
    if (errno != EINTR) return errno;
  }
}

}  // namespace

Result<FileLock> lock_posix_file(const std::string& path) {
  constexpr int kAttempts = 20;
  for (int attempt = 1;; ++attempt) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return io_error(path, "open");
    if (const int number = lock_now(fd); number != 0) {
      Error error = number == EWOULDBLOCK ? held_by_another(path, fd) : no_locks(path, number);
      ::close(fd);
      return error;
    }
    if (!is_named(fd, path) && attempt < kAttempts) {
      ::close(fd);
      continue;
    }
    auto lock = std::make_unique<PosixLock>(fd);
    ::fchmod(fd, 0600);
    char before = 0;
    const bool holder_died = ::pread(fd, &before, 1, 0) == 1;
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd, 0) == 0) [[maybe_unused]]
      const auto n = ::pwrite(fd, pid.data(), pid.size(), 0);
    return FileLock(std::move(lock), holder_died);
  }
}

}  // namespace br
