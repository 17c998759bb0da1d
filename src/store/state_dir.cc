#include "store/state_dir.h"

namespace br {
namespace {

constexpr std::uint32_t kOthersWrite = 0022;  // group and others

bool is_trusted(std::uint32_t owner) {
  const std::uint32_t user = process_user();
  return owner == user || owner == 0 || user == 0;
}

Error not_ours(const std::string& path, std::uint32_t owner) {
  return Error(Code::store, path + ": belongs to the user " + std::to_string(owner) + ", not to this process's user " +
                                std::to_string(process_user()),
               "name a state directory of your own (--state-dir)");
}

std::string octal(std::uint32_t mode) {
  std::string out;
  for (int shift = 9; shift >= 0; shift -= 3) out.push_back(static_cast<char>('0' + ((mode >> shift) & 7)));
  return out;
}

Error linked(const std::string& path) {
  return Error(Code::store, path + ": is a symbolic link, which is not followed inside of a state directory",
               "remove the link, or name another state directory (--state-dir)");
}

}  // namespace

// What the library makes itself is never a link, and is owned by whoever may own the directory.
Result<void> StateDirectory::check_inside(const std::string& path) const {
  const PathInfo info = files_->inspect(path, Links::look_at);
  if (!info.exists) return {};
  if (info.is_link) return linked(path);
  if (!is_trusted(info.owner)) return not_ours(path, info.owner);
  return {};
}

Result<void> StateDirectory::check_trust() const {
  const PathInfo name = files_->inspect(path_, Links::look_at);
  if (!name.exists) return {};
  if (!is_trusted(name.owner)) return not_ours(path_, name.owner);
  const PathInfo info = files_->inspect(path_, Links::follow);
  if (!info.exists) return {};
  if (!info.is_directory) return Error(Code::store, path_ + ": is not a directory", "name another state directory");
  if (!is_trusted(info.owner)) return not_ours(path_, info.owner);
  if ((info.mode & kOthersWrite) != 0)
    return Error(Code::store,
                 path_ + ": its group or others can write to it (mode " + octal(info.mode) +
                     "), so that they could change requests, addresses and answers",
                 "name a directory inside it, which is then made private (0700): --state-dir " + path_ + "/batches");
  for (const char* name_in : {"lock", "state.db", "state.db-wal", "state.db-shm", "spool", "generated"}) {
    if (auto good = check_inside(path_ + "/" + name_in); !good) return good;
  }
  for (const char* parent : {"/spool", "/generated"}) {
    for (const std::string& link : files_->list_links(path_ + parent)) return linked(path_ + parent + "/" + link);
  }
  return {};
}

void StateDirectory::remember() {
  remembered_.clear();
  remembered_.push_back({path_, files_->inspect(path_, Links::follow).identity});
  for (const std::string& path : {lock(), database()})
    remembered_.push_back({path, files_->inspect(path, Links::look_at).identity});
}

Result<void> StateDirectory::check_unchanged() const {
  for (const Remembered& was : remembered_) {
    const PathInfo now = files_->inspect(was.path, was.path == path_ ? Links::follow : Links::look_at);
    if (now.exists && now.identity == was.identity) continue;
    return Error(Code::store,
                 was.path + (now.exists ? ": was replaced" : ": was deleted or moved") +
                     " while this process works with it; nothing more is sent, since it could not be recorded",
                 "put the state directory back, or see what the vendor has (list --remote), before you start again");
  }
  return {};
}

}  // namespace br
