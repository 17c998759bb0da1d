// What every FileSystem does in the same way, by its other functions.
#include "sys/file_system.h"

namespace br {

std::string parent_path(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::int64_t FileSystem::file_size(const std::string& path) {
  const PathInfo info = inspect(path, Links::follow);
  return info.exists ? static_cast<std::int64_t>(info.size) : -1;
}

Result<void> FileSystem::make_directories(const std::string& path) {
  if (const PathInfo info = inspect(path, Links::follow); info.exists) {
    if (info.is_directory) return {};
    return Error(Code::io, path + ": is not a directory", "choose another path");
  }
  if (const std::string parent = parent_path(path); parent != path) {
    if (auto made = make_directories(parent); !made) return made;
  }
  BR_RETURN_IF_ERROR(make_directory(path));
  return {};
}

Result<void> FileSystem::make_own_directory(const std::string& path) {
  auto made = make_directory(path);
  BR_RETURN_IF_ERROR(made);
  const PathInfo info = *made ? PathInfo() : inspect(path, Links::look_at);
  if (*made || info.is_directory) return {};
  return Error(Code::store, path + (info.is_link ? ": is a symbolic link" : ": is not a directory"),
               "remove it: the state directory makes its own");
}

std::vector<std::string> FileSystem::list_links(const std::string& path) {
  std::vector<std::string> links = list_directory(path);
  std::erase_if(links, [&](const std::string& name) { return !inspect(path + "/" + name, Links::look_at).is_link; });
  return links;
}

void FileSystem::remove_tree(const std::string& path) {
  const PathInfo info = inspect(path, Links::look_at);
  if (!info.exists) return;
  if (!info.is_directory) return remove_file(path);
  for (const std::string& name : list_directory(path)) remove_tree(path + "/" + name);
  remove_empty_directory(path);
}

Result<void> FileSystem::link_or_copy(const std::string& from, const std::string& to) {
  remove_file(to);
  if (link(from, to)) return {};
  auto in = open_read(from);
  BR_RETURN_IF_ERROR(in);
  auto out = create(to);
  BR_RETURN_IF_ERROR(out);
  std::string block(std::size_t{1} << 20, '\0');
  for (;;) {
    auto n = in->read(block.data(), block.size());
    BR_RETURN_IF_ERROR(n);
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
    BR_RETURN_IF_ERROR(n);
    if (*n == 0) return text;
    text.append(block, 0, *n);
    if (text.size() > max_bytes)
      return Error(Code::io, file->path() + ": larger than " + std::to_string(max_bytes) + " bytes");
  }
}

}  // namespace

Result<std::string> FileSystem::read_whole_file(const std::string& path, std::size_t max_bytes) {
  auto file = open_read(path);
  BR_RETURN_IF_ERROR(file);
  return read_all(&*file, max_bytes);
}

Result<std::string> FileSystem::read_own_file(const std::string& path, std::size_t max_bytes) {
  auto file = open_own(path);
  BR_RETURN_IF_ERROR(file);
  return read_all(&*file, max_bytes);
}

}  // namespace br
