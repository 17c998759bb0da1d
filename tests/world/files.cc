#include "world/files.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "sys/io_error.h"

namespace br::world {
namespace {

Error failure(int number, const std::string& path, const char* verb) {
  errno = number;
  return io_error(path, verb);
}

class Handle : public FileHandle {
 public:
  Handle(Disk* disk, Life* life, NodePtr node, std::string path, bool appends)
      : disk_(disk), life_(life), node_(std::move(node)), path_(std::move(path)), appends_(appends) {}

  Result<std::size_t> read(char* buffer, std::size_t capacity) override {
    auto n = read_at(buffer, capacity, at_);
    if (n) at_ += *n;
    return n;
  }
  Result<std::size_t> read_at(char* buffer, std::size_t capacity, std::uint64_t offset) const override {
    if (life_->is_over()) return failure(EIO, path_, "read");
    if (offset >= node_->data.size()) return std::size_t{0};
    return node_->data.copy(buffer, capacity, static_cast<std::size_t>(offset));
  }
  Result<void> append(std::string_view bytes) override {
    const WriteFate fate = fate_of_write(disk_, life_, bytes.size());
    if (appends_) at_ = node_->data.size();
    if (fate.written > 0) disk_->write(node_.get(), at_, bytes.substr(0, fate.written));
    at_ += fate.written;
    if (fate.error != 0) return failure(fate.error, path_, "write");
    return {};
  }
  Result<void> seek(std::uint64_t offset) override {
    at_ = offset;
    return {};
  }
  Result<void> truncate(std::uint64_t size) override {
    if (!life_->step()) return failure(EIO, path_, "truncate");
    if (size > node_->data.size()) disk_->write(node_.get(), size - 1, std::string_view("\0", 1));
    else disk_->cut(node_.get(), size);
    return {};
  }
  Result<std::uint64_t> size() const override {
    if (life_->is_over()) return failure(EIO, path_, "stat");
    return std::uint64_t{node_->data.size()};
  }
  void start_writeback(std::uint64_t, std::uint64_t) override {}
  Result<void> sync() override {
    if (!life_->step()) return failure(EIO, path_, "sync");
    if (disk_->sync_error != 0) return failure(disk_->sync_error, path_, "sync");
    disk_->sync(node_.get());
    return {};
  }

 private:
  Disk* disk_;
  Life* life_;
  NodePtr node_;
  std::string path_;
  bool appends_;
  std::uint64_t at_ = 0;
};

// The file holds a line while it is locked: one that is left tells that its holder died.
class Lock : public LockHandle {
 public:
  Lock(Life* life, NodePtr node) : life_(life), node_(std::move(node)) {}
  ~Lock() override {
    if (life_->is_over() || node_->lock_holder != life_->number()) return;
    node_->lock_holder = 0;
    node_->data.clear();
  }

 private:
  Life* life_;
  NodePtr node_;
};

}  // namespace

WriteFate fate_of_write(Disk* disk, Life* life, std::size_t bytes) {
  if (!life->step()) return {EIO, 0};
  if (disk->write_error != 0) return {disk->write_error, bytes / 2};
  if (disk->room >= 0 && static_cast<std::int64_t>(bytes) > disk->room)
    return {ENOSPC, static_cast<std::size_t>(std::exchange(disk->room, 0))};
  if (disk->room >= 0) disk->room -= static_cast<std::int64_t>(bytes);
  return {0, bytes};
}

Result<File> Files::open_file(const std::string& path, OpenMode mode) {
  const char* verb = mode == OpenMode::create ? "create" : "open";
  if (life_->is_over()) return failure(EIO, path, verb);
  NodePtr node = disk_->find(path);
  if (node != nullptr && node->is_directory) return failure(EISDIR, path, verb);
  const bool reads = mode == OpenMode::read || mode == OpenMode::own;
  const NodePtr parent = disk_->parent_of(path);
  if (node == nullptr && (reads || parent == nullptr)) return failure(ENOENT, path, verb);
  if (!reads && !life_->step()) return failure(EIO, path, verb);
  if (node == nullptr) disk_->enter(parent.get(), name_of(path), node = disk_->make_node(false));
  if (mode == OpenMode::create && !node->data.empty()) disk_->cut(node.get(), 0);
  return File(std::make_unique<Handle>(disk_, life_, node, path, mode == OpenMode::append), path);
}

Result<FileLock> Files::lock(const std::string& path) {
  if (auto made = open_update(path); !made) return std::move(made.error());
  const NodePtr node = disk_->find(path);
  if (node->lock_holder != 0)
    return Error(Code::locked, path + ": the state directory is in use by process " + std::to_string(node->lock_holder));
  const bool holder_died = !node->data.empty();
  node->lock_holder = life_->number();
  node->data = "1\n";
  return FileLock(std::make_unique<Lock>(life_, node), holder_died);
}

PathInfo Files::inspect(const std::string& path, Links) {
  const NodePtr node = life_->is_over() ? nullptr : disk_->find(path);
  if (node == nullptr) return {};
  PathInfo info;
  info.exists = true;
  info.is_directory = node->is_directory;
  info.owner = process_user();
  info.mode = node->is_directory ? 0700 : 0600;
  info.size = node->data.size();
  info.identity = {1, node->id};
  return info;
}

Result<bool> Files::make_directory(const std::string& path) {
  const NodePtr parent = disk_->parent_of(path);
  if (!life_->step() || parent == nullptr) return failure(life_->is_over() ? EIO : ENOENT, path, "make the directory");
  if (parent->entries.contains(name_of(path))) return false;
  if (disk_->room == 0) return failure(ENOSPC, path, "make the directory");
  disk_->enter(parent.get(), name_of(path), disk_->make_node(true));
  return true;
}

std::vector<std::string> Files::list_directory(const std::string& path) {
  std::vector<std::string> names;
  const NodePtr node = life_->is_over() ? nullptr : disk_->find(path);
  if (node == nullptr) return names;
  for (const auto& [name, child] : node->entries) names.push_back(name);
  return names;
}

Result<void> Files::sync_directory(const std::string& path) {
  if (!life_->step()) return failure(EIO, path, "sync");
  if (disk_->sync_error != 0) return failure(disk_->sync_error, path, "sync");
  const NodePtr node = disk_->find(path);
  if (node == nullptr || !node->is_directory) return failure(ENOENT, path, "open");
  disk_->sync_directory(node.get());
  return {};
}

Result<void> Files::rename(const std::string& from, const std::string& to) {
  if (!life_->step()) return failure(EIO, to, "rename to");
  const NodePtr node = disk_->find(from), source = disk_->parent_of(from), target = disk_->parent_of(to);
  if (node == nullptr || target == nullptr) return failure(ENOENT, to, "rename to");
  disk_->enter(target.get(), name_of(to), node);
  disk_->leave(source.get(), name_of(from));
  return {};
}

void Files::remove_file(const std::string& path) {
  const NodePtr node = disk_->find(path);
  if (node == nullptr || node->is_directory || !life_->step()) return;
  disk_->leave(disk_->parent_of(path).get(), name_of(path));
}

bool Files::remove_empty_directory(const std::string& path) {
  const NodePtr node = disk_->find(path);
  if (node == nullptr || !node->is_directory || !node->entries.empty() || !life_->step()) return false;
  disk_->leave(disk_->parent_of(path).get(), name_of(path));
  return true;
}

bool Files::link(const std::string& from, const std::string& to) {
  const NodePtr node = disk_->find(from), parent = disk_->parent_of(to);
  if (node == nullptr || node->is_directory || parent == nullptr || parent->entries.contains(name_of(to))) return false;
  if (!life_->step()) return false;
  disk_->enter(parent.get(), name_of(to), node);
  return true;
}

}  // namespace br::world
