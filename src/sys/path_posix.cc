// What is done with names of files: directories, links, whole files.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "sys/file.h"
#include "sys/io_error.h"
#include "sys/path_info.h"

namespace br {

Result<void> make_directories(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return {};
    return Error(Code::io, path + ": is not a directory", "choose another path");
  }
  if (const std::string parent = parent_path(path); parent != path) {
    if (auto made = make_directories(parent); !made) return made;
  }
  if (::mkdir(path.c_str(), 0700) != 0) {
    if (errno == EEXIST) return {};
    return io_error(path, "make the directory");
  }
  ::chmod(path.c_str(), 0700);
  return {};
}

Result<void> make_own_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) {
    ::chmod(path.c_str(), 0700);
    return {};
  }
  if (errno != EEXIST) return io_error(path, "make the directory");
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return io_error(path, "look at");
  if (S_ISDIR(info.st_mode)) return {};
  return Error(Code::store, path + (S_ISLNK(info.st_mode) ? ": is a symbolic link" : ": is not a directory"),
               "remove it: the state directory makes its own");
}

PathInfo inspect_path(const std::string& path, Links links) {
  struct stat info {};
  const int failed = links == Links::follow ? ::stat(path.c_str(), &info) : ::lstat(path.c_str(), &info);
  if (failed != 0) return {};
  PathInfo found;
  found.exists = true;
  found.is_link = S_ISLNK(info.st_mode);
  found.is_directory = S_ISDIR(info.st_mode);
  found.owner = info.st_uid;
  found.mode = info.st_mode & 07777;
  found.identity = {info.st_dev, info.st_ino};
  return found;
}

std::uint32_t process_user() { return ::geteuid(); }

bool path_exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Result<std::string> absolute_path(const std::string& path) {
  if (!path.empty() && path.front() == '/') return path;
  char here[PATH_MAX];
  if (::getcwd(here, sizeof here) == nullptr) return io_error(".", "find the current directory");
  return std::string(here) + "/" + path;
}

std::string parent_path(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> sync_directory(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return io_error(path, "open");
  const int failed = ::fsync(fd);
  ::close(fd);
  if (failed != 0) return io_error(path, "sync");
  return {};
}

Result<void> rename_path(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return io_error(to, "rename to");
  return {};
}

void remove_file(const std::string& path) { ::unlink(path.c_str()); }

bool remove_empty_directory(const std::string& path) { return ::rmdir(path.c_str()) == 0; }

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

}  // namespace

std::vector<std::string> list_directory(const std::string& path) {
  return names_in(path, [](const dirent&) { return true; });
}

std::vector<std::string> list_links(const std::string& path) {
  return names_in(path, [&path](const dirent& entry) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_LNK;
    return inspect_path(path + "/" + entry.d_name, Links::look_at).is_link;
  });
}

void remove_tree(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return;
  if (!S_ISDIR(info.st_mode)) return remove_file(path);
  for (const std::string& name : list_directory(path)) remove_tree(path + "/" + name);
  ::rmdir(path.c_str());
}

std::int64_t file_size(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::int64_t>(info.st_size) : -1;
}

Result<void> link_or_copy(const std::string& from, const std::string& to) {
  remove_file(to);
  if (::link(from.c_str(), to.c_str()) == 0) return {};
  auto in = File::open_read(from);
  if (!in) return std::move(in.error());
  auto out = File::create(to);
  if (!out) return std::move(out.error());
  std::string block(std::size_t{1} << 20, '\0');
  for (;;) {
    auto n = in->read(block.data(), block.size());
    if (!n) return std::move(n.error());
    if (*n == 0) return {};
    if (auto done = out->append(std::string_view(block.data(), *n)); !done) return done;
  }
}

namespace {

Result<std::string> read_all(File* file, std::size_t max_bytes) {
  std::string text;
  std::string block(std::size_t{1} << 16, '\0');
  for (;;) {
    auto n = file->read(block.data(), block.size());
    if (!n) return std::move(n.error());
    if (*n == 0) return text;
    text.append(block, 0, *n);
    if (text.size() > max_bytes)
      return Error(Code::io, file->path() + ": larger than " + std::to_string(max_bytes) + " bytes");
  }
}

}  // namespace

Result<std::string> read_whole_file(const std::string& path, std::size_t max_bytes) {
  auto file = File::open_read(path);
  if (!file) return std::move(file.error());
  return read_all(&*file, max_bytes);
}

Result<std::string> read_own_file(const std::string& path, std::size_t max_bytes) {
  auto file = File::open_own(path);
  if (!file) return std::move(file.error());
  return read_all(&*file, max_bytes);
}

}  // namespace br
