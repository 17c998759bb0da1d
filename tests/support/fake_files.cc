#include "support/fake_files.h"

#include <algorithm>
#include <cerrno>

#include "sys/io_error.h"

namespace br::test {
namespace {

Error failure(int number, const std::string& path, const char* verb) {
  errno = number;
  return io_error(path, verb);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

FakeDisk::FakeDisk() : root_(make_node(true)) {}

FakeDisk::NodePtr FakeDisk::make_node(bool is_directory) {
  auto node = std::make_shared<Node>();
  node->id = ++last_id_;
  node->is_directory = is_directory;
  return node;
}

FakeDisk::NodePtr FakeDisk::find(const std::string& path) const {
  NodePtr node = root_;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (end > at) {
      const auto found = node->entries.find(path.substr(at, end - at));
      if (found == node->entries.end()) return nullptr;
      node = found->second;
    }
    at = end + 1;
  }
  return node;
}

void FakeDisk::forget(Node* node) {
  node->data = node->durable;
  node->entries = node->durable_entries;
  for (auto& [name, child] : node->entries) forget(child.get());
}

void FakeDisk::unlock(Node* node) {
  node->locked = false;
  for (auto& [name, child] : node->entries) unlock(child.get());
}

void FakeDisk::end_process() {
  ++process_;
  unlock(root_.get());
}

void FakeDisk::crash() {
  const std::lock_guard lock(mutex_);
  forget(root_.get());
  end_process();
}

void FakeDisk::kill() {
  const std::lock_guard lock(mutex_);
  end_process();
}

void FakeDisk::inject(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(std::move(fault));
}

void FakeDisk::heal() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
  fail_at_ = 0;
}

std::uint64_t FakeDisk::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

void FakeDisk::fail_at(std::uint64_t call, int error_number) {
  const std::lock_guard lock(mutex_);
  fail_at_ = call;
  fail_at_number_ = error_number;
}

int FakeDisk::check(FileCall call, const std::string& path) {
  if (++calls_ == fail_at_) return fail_at_number_;
  for (Fault& fault : faults_) {
    const bool fits = fault.call == FileCall::any || fault.call == call;
    if (!fits || fault.times == 0 || path.find(fault.path) == std::string::npos) continue;
    if (fault.skip > 0) {
      --fault.skip;
      continue;
    }
    if (fault.times > 0) --fault.times;
    return fault.error_number;
  }
  return 0;
}

class FakeHandle : public FileHandle {
 public:
  FakeHandle(FakeDisk* disk, FakeDisk::NodePtr node, std::string path, bool appends)
      : disk_(disk), node_(std::move(node)), path_(std::move(path)), appends_(appends), process_(disk->process_) {}

  Result<std::size_t> read(char* buffer, std::size_t capacity) override {
    auto n = read_at(buffer, capacity, at_);
    if (n) at_ += *n;
    return n;
  }
  Result<std::size_t> read_at(char* buffer, std::size_t capacity, std::uint64_t offset) const override {
    const std::lock_guard lock(disk_->mutex_);
    if (const int number = check(FileCall::read)) return failure(number, path_, "read");
    if (offset >= node_->data.size()) return std::size_t{0};
    return node_->data.copy(buffer, capacity, static_cast<std::size_t>(offset));
  }
  // Of a write that fails the first half arrives, as on a disk that is full.
  Result<void> append(std::string_view bytes) override {
    const std::lock_guard lock(disk_->mutex_);
    const int number = check(FileCall::append);
    if (number != 0) bytes = bytes.substr(0, is_gone() ? 0 : bytes.size() / 2);
    put(bytes);
    if (number != 0) return failure(number, path_, "write");
    return {};
  }
  Result<void> seek(std::uint64_t offset) override {
    at_ = offset;
    return {};
  }
  Result<void> truncate(std::uint64_t size) override {
    const std::lock_guard lock(disk_->mutex_);
    if (const int number = check(FileCall::truncate)) return failure(number, path_, "truncate");
    node_->data.resize(static_cast<std::size_t>(size));
    return {};
  }
  Result<std::uint64_t> size() const override {
    const std::lock_guard lock(disk_->mutex_);
    if (is_gone()) return failure(EIO, path_, "stat");
    return std::uint64_t{node_->data.size()};
  }
  void start_writeback(std::uint64_t, std::uint64_t) override {}
  Result<void> sync() override {
    const std::lock_guard lock(disk_->mutex_);
    if (const int number = check(FileCall::sync)) return failure(number, path_, "sync");
    node_->durable = node_->data;
    return {};
  }

 private:
  bool is_gone() const { return process_ != disk_->process_; }
  int check(FileCall call) const { return is_gone() ? EIO : disk_->check(call, path_); }
  void put(std::string_view bytes) {
    if (bytes.empty()) return;
    std::string& data = node_->data;
    if (appends_) at_ = data.size();
    if (data.size() < at_ + bytes.size()) data.resize(static_cast<std::size_t>(at_ + bytes.size()));
    data.replace(static_cast<std::size_t>(at_), bytes.size(), bytes);
    at_ += bytes.size();
  }

  FakeDisk* disk_;
  FakeDisk::NodePtr node_;
  std::string path_;
  bool appends_;
  std::uint64_t process_, at_ = 0;
};

// The file holds a line while it is locked: one that is left tells that its holder died.
class FakeLock : public LockHandle {
 public:
  FakeLock(FakeDisk* disk, FakeDisk::NodePtr node) : disk_(disk), node_(std::move(node)), process_(disk->process_) {}
  ~FakeLock() override {
    const std::lock_guard lock(disk_->mutex_);
    if (process_ != disk_->process_) return;
    node_->locked = false;
    node_->data.clear();
  }

 private:
  FakeDisk* disk_;
  FakeDisk::NodePtr node_;
  std::uint64_t process_;
};

FakeFiles::FakeFiles(FakeDisk* disk) : disk_(disk), process_(disk->process_) {}

FakeDisk::Node* FakeFiles::parent_of(const std::string& path) const {
  const auto parent = disk_->find(parent_path(path));
  return parent != nullptr && parent->is_directory ? parent.get() : nullptr;
}

Result<File> FakeFiles::open_file(const std::string& path, OpenMode mode) {
  const std::lock_guard lock(disk_->mutex_);
  const char* verb = mode == OpenMode::create ? "create" : "open";
  if (is_gone()) return failure(EIO, path, verb);
  if (const int number = disk_->check(FileCall::open, path)) return failure(number, path, verb);
  FakeDisk::NodePtr node = disk_->find(path);
  if (node != nullptr && node->is_directory) return failure(EISDIR, path, verb);
  const bool reads = mode == OpenMode::read || mode == OpenMode::own;
  FakeDisk::Node* parent = parent_of(path);
  if (node == nullptr && (reads || parent == nullptr)) return failure(ENOENT, path, verb);
  if (node == nullptr) parent->entries[name_of(path)] = node = disk_->make_node(false);
  if (mode == OpenMode::create) node->data.clear();
  return File(std::make_unique<FakeHandle>(disk_, node, path, mode == OpenMode::append), path);
}

Result<FileLock> FakeFiles::lock(const std::string& path) {
  if (auto made = open_update(path); !made) return std::move(made.error());
  const std::lock_guard lock(disk_->mutex_);
  const auto node = disk_->find(path);
  if (node->locked) return Error(Code::locked, path + ": the state directory is in use by another process");
  const bool holder_died = !node->data.empty();
  node->locked = true;
  node->data = "1\n";
  return FileLock(std::make_unique<FakeLock>(disk_, node), holder_died);
}

PathInfo FakeFiles::inspect(const std::string& path, Links) {
  const std::lock_guard lock(disk_->mutex_);
  const auto node = is_gone() ? nullptr : disk_->find(path);
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

Result<std::string> FakeFiles::absolute_path(const std::string& path) {
  return path.starts_with('/') ? path : "/" + path;
}

Result<bool> FakeFiles::make_directory(const std::string& path) {
  const std::lock_guard lock(disk_->mutex_);
  if (is_gone()) return failure(EIO, path, "make the directory");
  if (const int number = disk_->check(FileCall::make_directory, path))
    return failure(number, path, "make the directory");
  FakeDisk::Node* parent = parent_of(path);
  if (parent == nullptr) return failure(ENOENT, path, "make the directory");
  auto& entry = parent->entries[name_of(path)];
  if (entry != nullptr) return false;
  entry = disk_->make_node(true);
  return true;
}

std::vector<std::string> FakeFiles::list_directory(const std::string& path) {
  const std::lock_guard lock(disk_->mutex_);
  std::vector<std::string> names;
  const auto node = is_gone() ? nullptr : disk_->find(path);
  if (node == nullptr) return names;
  for (const auto& [name, child] : node->entries) names.push_back(name);
  return names;
}

Result<void> FakeFiles::sync_directory(const std::string& path) {
  const std::lock_guard lock(disk_->mutex_);
  if (is_gone()) return failure(EIO, path, "sync");
  if (const int number = disk_->check(FileCall::sync_directory, path)) return failure(number, path, "sync");
  const auto node = disk_->find(path);
  if (node == nullptr || !node->is_directory) return failure(ENOENT, path, "open");
  node->durable_entries = node->entries;
  return {};
}

Result<void> FakeFiles::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(disk_->mutex_);
  if (is_gone()) return failure(EIO, to, "rename to");
  if (const int number = disk_->check(FileCall::rename, to)) return failure(number, to, "rename to");
  const auto node = disk_->find(from);
  FakeDisk::Node* parent = parent_of(to);
  if (node == nullptr || parent == nullptr) return failure(ENOENT, to, "rename to");
  parent_of(from)->entries.erase(name_of(from));
  parent->entries[name_of(to)] = node;
  return {};
}

void FakeFiles::remove_file(const std::string& path) {
  const std::lock_guard lock(disk_->mutex_);
  const auto node = is_gone() ? nullptr : disk_->find(path);
  if (node != nullptr && !node->is_directory) parent_of(path)->entries.erase(name_of(path));
}

bool FakeFiles::remove_empty_directory(const std::string& path) {
  const std::lock_guard lock(disk_->mutex_);
  const auto node = is_gone() ? nullptr : disk_->find(path);
  if (node == nullptr || !node->is_directory || !node->entries.empty()) return false;
  return parent_of(path)->entries.erase(name_of(path)) > 0;
}

bool FakeFiles::link(const std::string& from, const std::string& to) {
  const std::lock_guard lock(disk_->mutex_);
  const auto node = is_gone() ? nullptr : disk_->find(from);
  FakeDisk::Node* parent = parent_of(to);
  if (node == nullptr || node->is_directory || parent == nullptr) return false;
  return parent->entries.emplace(name_of(to), node).second;
}

std::string FakeFiles::text(const std::string& path) {
  const std::lock_guard lock(disk_->mutex_);
  const auto node = disk_->find(path);
  return node == nullptr ? "" : node->data;
}

}  // namespace br::test
