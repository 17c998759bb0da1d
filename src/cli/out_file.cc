#include "cli/out_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "cli/handles.h"
#include "cli/terminal.h"

namespace cli {
namespace {

constexpr std::uint64_t kWritebackStep = std::uint64_t{8} << 20;

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Failure cannot(const std::string& path, const char* verb, int error) {
  return Failure(Exit::usage, path + ": cannot " + verb + ": " + std::strerror(error),
                 "check the path, its permissions and the space on the disk");
}

}  // namespace

std::string absolute_output(const std::string& path) {
  if (path.empty() || path == "-") return path;
  return std::filesystem::absolute(path).lexically_normal().string();
}

void check_output(const std::string& path) {
  if (path.empty() || path == "-") return;
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
    throw Failure(Exit::usage, path + ": is a directory", "give the name of a file");
  if (access(directory_of(path).c_str(), W_OK | X_OK) != 0) throw cannot(directory_of(path), "write there", errno);
}

OutFile::OutFile(const std::string& path) : path_(path) {
  if (path_.empty() || path_ == "-") {
    fd_ = STDOUT_FILENO;
    is_terminal_ = isatty(fd_) != 0;
    return;
  }
  check_output(path_);
  struct stat info {};
  if (stat(path_.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    // A device or a pipe is written to; nothing may take its place.
    fd_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd_ < 0) throw cannot(path_, "write", errno);
    return;
  }
  // The name is the same every time, so that a killed process leaves at most this one, for the next to take over.
  temporary_ = path_ + ".part";
  fd_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd_ < 0) throw cannot(temporary_, "write", errno);
  fchmod(fd_, 0600);
}

OutFile::~OutFile() {
  if (fd_ < 0 || fd_ == STDOUT_FILENO) return;
  close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

// On a terminal a vendor's control characters are shown; into a file or a pipe the bytes go as they are.
void OutFile::write(const char* data, std::size_t size) {
  if (!is_terminal_) return put(data, size);
  line_.append(data, size);
  const std::size_t end = line_.rfind('\n');
  if (end == std::string::npos) return;
  const std::string shown = printable_json(line_.substr(0, end + 1));
  line_.erase(0, end + 1);
  put(shown.data(), shown.size());
}

void OutFile::put(const char* data, std::size_t size) {
  while (size > 0 && error_ == 0) {
    const ssize_t n = ::write(fd_, data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      error_ = errno;
      return;
    }
    data += n;
    size -= static_cast<std::size_t>(n);
    written_ += static_cast<std::uint64_t>(n);
  }
  if (temporary_.empty() || written_ - handed_to_disk_ < kWritebackStep) return;
  // Only an early start: commit() waits for the disk.
  sync_file_range(fd_, static_cast<off_t>(handed_to_disk_), static_cast<off_t>(written_ - handed_to_disk_),
                  SYNC_FILE_RANGE_WRITE);
  handed_to_disk_ = written_;
}

int OutFile::take(void* user_data, const char* data, std::size_t size) {
  auto* file = static_cast<OutFile*>(user_data);
  file->write(data, size);
  return file->error_;
}

void OutFile::check() const {
  if (error_ == 0) return;
  Failure failure = cannot(fd_ == STDOUT_FILENO ? "standard output" : path_, "write", error_);
  failure.exit = error_ == EPIPE ? Exit::reader_gone : Exit::failed;
  throw failure;
}

void OutFile::commit() {
  const std::string rest = printable_json(std::exchange(line_, {}));
  put(rest.data(), rest.size());
  check();
  if (temporary_.empty()) return;
  if (fsync(fd_) != 0) throw cannot(path_, "write", errno);
  if (rename(temporary_.c_str(), path_.c_str()) != 0) throw cannot(path_, "write", errno);
  close(fd_);
  fd_ = -1;
  const int directory = open(directory_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  fsync(directory);
  close(directory);
}

}  // namespace cli
