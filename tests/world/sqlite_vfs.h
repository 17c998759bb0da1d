// SqliteVfs: SQLite on a simulated disk, for one process.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "world/disk.h"
#include "world/life.h"

namespace br::world {

// What the processes that have a database open share beside its file: the locks, and the memory that stands for -shm.
struct SharedDatabase;
using SharedDatabases = std::map<const Node*, std::shared_ptr<SharedDatabase>>;

class SqliteVfs {
 public:
  SqliteVfs(Disk* disk, Life* life, SharedDatabases* shared);
  ~SqliteVfs();
  SqliteVfs(const SqliteVfs&) = delete;
  SqliteVfs& operator=(const SqliteVfs&) = delete;
  // By which SQLite knows it, as long as this lives.
  const char* name() const { return name_.c_str(); }

 private:
  struct Known;
  std::string name_;
  std::unique_ptr<Known> known_;
};

}  // namespace br::world
