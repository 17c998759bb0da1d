// What posix_files() does with names of files: directories, links, renames.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>

#include "sys/file_posix.h"
#include "sys/file_system.h"
#include "sys/io_error.h"

namespace br {
namespace {

// Names of the entries that fit.
template <class Fits>
std::vector<std::string> names_in(const std::string& path, Fits fits) {
  std::vector<std::string> names;
  if (DIR* dir = ::opendir(path.c_str())) {
    while (const dirent* entry = ::readdir(dir)) {
      const std::string name = entry->d_name;
      if (name != "." && name != ".." && fits(*entry)) names.push_back(name);
    }
    ::closedir(dir);
  }
  std::sort(names.begin(), names.end());
  return names;
}

class PosixFiles : public FileSystem {
 public:
  Result<File> open_file(const std::string& path, OpenMode mode) override { return open_posix_file(path, mode); }
  Result<FileLock> lock(const std::string& path) override { return lock_posix_file(path); }

  PathInfo inspect(const std::string& path, Links links) override {
    struct stat info {};
    const int failed = links == Links::follow ? ::stat(path.c_str(), &info) : ::lstat(path.c_str(), &info);
    if (failed != 0) return {};
    PathInfo found;
    found.exists = true;
    found.is_link = S_ISLNK(info.st_mode);
    found.is_directory = S_ISDIR(info.st_mode);
    found.is_pipe = S_ISFIFO(info.st_mode);
    found.owner = info.st_uid;
    found.mode = info.st_mode & 07777;
    found.size = static_cast<std::uint64_t>(info.st_size);
    found.identity = {info.st_dev, info.st_ino};
    return found;
  }

  Result<std::string> absolute_path(const std::string& path) override {
    if (!path.empty() && path.front() == '/') return path;
    char here[PATH_MAX];
    if (::getcwd(here, sizeof here) == nullptr) return io_error(".", "find the current directory");
    return std::string(here) + "/" + path;
  }

  Result<bool> make_directory(const std::string& path) override {
    if (::mkdir(path.c_str(), 0700) == 0) {
      ::chmod(path.c_str(), 0700);
      return true;
    }
    if (errno == EEXIST) return false;
    return io_error(path, "make the directory");
  }

  std::vector<std::string> list_directory(const std::string& path) override {
    return names_in(path, [](const dirent&) { return true; });
  }

  std::vector<std::string> list_links(const std::string& path) override {
    return names_in(path, [&](const dirent& entry) {
      if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_LNK;
      return inspect(path + "/" + entry.d_name, Links::look_at).is_link;
    });
  }

  Result<void> sync_directory(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return io_error(path, "open");
    const int failed = ::fsync(fd);
    ::close(fd);
    if (failed != 0) return io_error(path, "sync");
    return {};
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return io_error(to, "rename to");
    return {};
  }

  void remove_file(const std::string& path) override { ::unlink(path.c_str()); }
  bool remove_empty_directory(const std::string& path) override { return ::rmdir(path.c_str()) == 0; }
  bool link(const std::string& from, const std::string& to) override {
    return ::link(from.c_str(), to.c_str()) == 0;
  }
};

}  // namespace

FileSystem* posix_files() {
  static auto* const files = new PosixFiles();  // never destroyed: threads may still use it while the process ends
  return files;
}

std::uint32_t process_user() { return ::geteuid(); }

}  // namespace br
