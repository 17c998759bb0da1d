// A disk in memory that forgets what was not synced, and files on it that fail when a test says so.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sys/file_system.h"

namespace br::test {

// Calls of a FileSystem that can fail.
enum class FileCall : std::uint8_t { open, read, append, truncate, sync, sync_directory, rename, make_directory, any };

// The next calls of that kind on a path that contains `path` fail with the errno, after `skip` that do not.
struct Fault {
  FileCall call = FileCall::any;
  std::string path = {};
  int error_number = 0;
  int skip = 0;
  int times = 1;  // -1: from then on always
};

// What is on the disk: what programs see, and what would be left after a loss of power. Any thread.
class FakeDisk {
 public:
  FakeDisk();
  // The power goes: bytes that were not synced are lost, and so are names whose directory was not.
  void crash();
  // The process is killed: what it wrote stays, and its locks end. Either way every FakeFiles made before fails from
  // here on, so that what is left of the old process changes nothing.
  void kill();
  void inject(Fault fault);
  void heal();  // forgets all faults
  // Calls that can fail so far, failed ones included: with fail_at() a test goes through all of them.
  std::uint64_t calls() const;
  void fail_at(std::uint64_t call, int error_number);

 private:
  friend class FakeFiles;
  friend class FakeHandle;
  friend class FakeLock;
  struct Node {
    std::uint64_t id = 0;
    bool is_directory = false, locked = false;
    std::string data, durable;
    std::map<std::string, std::shared_ptr<Node>> entries, durable_entries;
  };
  using NodePtr = std::shared_ptr<Node>;

  NodePtr make_node(bool is_directory);
  NodePtr find(const std::string& path) const;  // nullptr: there is none
  void end_process();
  static void forget(Node* node);
  static void unlock(Node* node);
  // The errno of a call; 0: it works. Counts it.
  int check(FileCall call, const std::string& path);

  mutable std::mutex mutex_;  // guards everything, the nodes' content included
  NodePtr root_;
  std::uint64_t last_id_ = 0, calls_ = 0, process_ = 0;
  std::uint64_t fail_at_ = 0;  // 0: none
  int fail_at_number_ = 0;
  std::vector<Fault> faults_;
};

// The disk as one process sees it. Paths are absolute; there are no symbolic links.
class FakeFiles : public FileSystem {
 public:
  explicit FakeFiles(FakeDisk* disk);

  Result<File> open_file(const std::string& path, OpenMode mode) override;
  Result<FileLock> lock(const std::string& path) override;
  PathInfo inspect(const std::string& path, Links links) override;
  Result<std::string> absolute_path(const std::string& path) override;
  Result<bool> make_directory(const std::string& path) override;
  std::vector<std::string> list_directory(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  void remove_file(const std::string& path) override;
  bool remove_empty_directory(const std::string& path) override;
  bool link(const std::string& from, const std::string& to) override;

  // For tests: the whole file; "" where there is none.
  std::string text(const std::string& path);

 private:
  bool is_gone() const { return process_ != disk_->process_; }
  FakeDisk::Node* parent_of(const std::string& path) const;

  FakeDisk* disk_;
  std::uint64_t process_;
};

}  // namespace br::test
