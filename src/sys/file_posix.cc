#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sys/file.h"
#include "sys/io_error.h"

namespace br {
namespace {

constexpr const char* kStandardInput = "<stdin>";  // not ours to close
constexpr std::uint64_t kWritebackStep = std::uint64_t{2} << 20;

}  // namespace

File::~File() { close(); }

File::File(File&& other) noexcept : fd_(other.fd_), path_(std::move(other.path_)) { other.fd_ = -1; }

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = other.fd_;
    path_ = std::move(other.path_);
    other.fd_ = -1;
  }
  return *this;
}

void File::close() {
  if (fd_ >= 0 && path_ != kStandardInput) ::close(fd_);
  fd_ = -1;
}

Result<File> File::open_read(const std::string& path) {
  if (path == "-") return File(STDIN_FILENO, kStandardInput);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error(path, "open");
  struct stat info {};
  if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    ::close(fd);
    return Error(Code::io, path + ": cannot read: it is a directory", "name a file");
  }
  posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return File(fd, path);
}

Result<File> File::open_own(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return io_error(path, "open");
  posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return File(fd, path);
}

namespace {
// fchmod, because open()'s mode is cut by the umask.
int open_private(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd >= 0) fchmod(fd, 0600);
  return fd;
}
}  // namespace

Result<File> File::create(const std::string& path) {
  const int fd = open_private(path, O_RDWR | O_TRUNC);
  if (fd < 0) return io_error(path, "create");
  return File(fd, path);
}

Result<File> File::open_update(const std::string& path) {
  const int fd = open_private(path, O_RDWR);
  if (fd < 0) return io_error(path, "open");
  return File(fd, path);
}

Result<File> File::open_append(const std::string& path) {
  const int fd = open_private(path, O_RDWR | O_APPEND);
  if (fd < 0) return io_error(path, "open");
  return File(fd, path);
}

Result<std::size_t> File::read(char* buffer, std::size_t capacity) {
  for (;;) {
    const ssize_t n = ::read(fd_, buffer, capacity);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return io_error(path_, "read");
  }
}

Result<std::size_t> File::read_at(char* buffer, std::size_t capacity, std::uint64_t offset) const {
  for (;;) {
    const ssize_t n = ::pread(fd_, buffer, capacity, static_cast<off_t>(offset));
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return io_error(path_, "read");
  }
}

Result<void> File::append(std::string_view bytes) {
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

Result<void> File::seek(std::uint64_t offset) {
  if (::lseek(fd_, static_cast<off_t>(offset), SEEK_SET) < 0) return io_error(path_, "seek");
  return {};
}

Result<void> File::truncate(std::uint64_t size) {
  if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return io_error(path_, "truncate");
  return {};
}

Result<std::uint64_t> File::size() const {
  struct stat info {};
  if (fstat(fd_, &info) != 0) return io_error(path_, "stat");
  return static_cast<std::uint64_t>(info.st_size);
}

void File::start_writeback(std::uint64_t offset, std::uint64_t length) {
  sync_file_range(fd_, static_cast<off_t>(offset), static_cast<off_t>(length), SYNC_FILE_RANGE_WRITE);
}

Result<void> File::sync() {
  if (::fdatasync(fd_) != 0) return io_error(path_, "sync");
  return {};
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

FileLock::~FileLock() {
  if (fd_ < 0) return;
  // A forked child shares the lock until it execs or ends; closing the descriptor here would leave it locked there.
  // The holder's id goes first: one that is left tells the next that its holder died.
  if (pid_ == ::getpid() && ::ftruncate(fd_, 0) == 0) ::flock(fd_, LOCK_UN);
  ::close(fd_);
}

FileLock::FileLock(FileLock&& other) noexcept
    : fd_(other.fd_), holder_died_(other.holder_died_), pid_(other.pid_) {
  other.fd_ = -1;
}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(holder_died_, other.holder_died_);
  std::swap(pid_, other.pid_);
  return *this;
}

namespace {

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

Result<FileLock> FileLock::take(const std::string& path) {
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
    FileLock lock;
    lock.fd_ = fd;
    lock.pid_ = ::getpid();
    ::fchmod(fd, 0600);
    char before = 0;
    lock.holder_died_ = ::pread(fd, &before, 1, 0) == 1;
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd, 0) == 0) [[maybe_unused]]
      const auto n = ::pwrite(fd, pid.data(), pid.size(), 0);
    return lock;
  }
}

}  // namespace br
