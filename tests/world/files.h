// Files: the disk as one process sees it, through the product's own door. Paths are absolute; there are no links.
#pragma once

#include <string>
#include <vector>

#include "sys/file_system.h"
#include "world/disk.h"
#include "world/life.h"

namespace br::world {

class Files : public FileSystem {
 public:
  Files(Disk* disk, Life* life) : disk_(disk), life_(life) {}

  Result<File> open_file(const std::string& path, OpenMode mode) override;
  Result<FileLock> lock(const std::string& path) override;
  PathInfo inspect(const std::string& path, Links links) override;
  Result<std::string> absolute_path(const std::string& path) override { return path; }
  Result<bool> make_directory(const std::string& path) override;
  std::vector<std::string> list_directory(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  void remove_file(const std::string& path) override;
  bool remove_empty_directory(const std::string& path) override;
  bool link(const std::string& from, const std::string& to) override;

 private:
  Disk* disk_;
  Life* life_;
};

// The errno of writing that many bytes now, and how many of them still get there.
struct WriteFate {
  int error = 0;
  std::size_t written = 0;
};
WriteFate fate_of_write(Disk* disk, Life* life, std::size_t bytes);

}  // namespace br::world
