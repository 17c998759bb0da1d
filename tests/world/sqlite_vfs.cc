#include "world/sqlite_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <cerrno>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "world/files.h"

namespace br::world {
namespace {

constexpr int kSharedLocks = 8;

struct OpenFile;

}  // namespace

struct SharedDatabase {
  std::set<OpenFile*> connections;
  std::vector<std::unique_ptr<std::vector<char>>> regions;
  std::array<std::map<OpenFile*, bool>, kSharedLocks> locks;  // true: exclusive
};

namespace {

// Who opens files.
struct Opener {
  Disk* disk;
  Life* life;
  SharedDatabases* databases;
};

struct OpenFile {
  Opener by;
  NodePtr node;
  std::shared_ptr<SharedDatabase> shared = nullptr;  // of a database's main file
  int level = SQLITE_LOCK_NONE;
  NodePtr directory = nullptr;  // of a log or journal whose name is not synced yet: it is with the first sync of the file
};

// What SQLite hands to every function: its own header, then ours.
struct SqliteFile {
  sqlite3_file base;
  OpenFile* open;
};

OpenFile& at(sqlite3_file* file) { return *reinterpret_cast<SqliteFile*>(file)->open; }

void let_go(OpenFile* file) {
  if (file->shared == nullptr) return;
  for (auto& lock : file->shared->locks) lock.erase(file);
  file->shared->connections.erase(file);
  if (file->shared->connections.empty()) file->by.databases->erase(file->node.get());
  file->shared.reset();
}

int close_file(sqlite3_file* file) {
  OpenFile* open = reinterpret_cast<SqliteFile*>(file)->open;
  let_go(open);
  delete open;
  return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* buffer, int amount, sqlite3_int64 offset) {
  OpenFile& open = at(file);
  if (open.by.life->is_over()) return SQLITE_IOERR_READ;
  const std::string& data = open.node->data;
  const auto from = static_cast<std::size_t>(offset), wanted = static_cast<std::size_t>(amount);
  const std::size_t got = from >= data.size() ? 0 : data.copy(static_cast<char*>(buffer), wanted, from);
  if (got == wanted) return SQLITE_OK;
  std::memset(static_cast<char*>(buffer) + got, 0, wanted - got);
  return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* bytes, int amount, sqlite3_int64 offset) {
  OpenFile& open = at(file);
  const WriteFate fate = fate_of_write(open.by.disk, open.by.life, static_cast<std::size_t>(amount));
  if (fate.written > 0)
    open.by.disk->write(open.node.get(), static_cast<std::uint64_t>(offset), {static_cast<const char*>(bytes), fate.written});
  if (fate.error == ENOSPC) return SQLITE_FULL;
  return fate.error != 0 ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

int cut_file(sqlite3_file* file, sqlite3_int64 size) {
  OpenFile& open = at(file);
  if (!open.by.life->step()) return SQLITE_IOERR_TRUNCATE;
  if (static_cast<std::uint64_t>(size) < open.node->data.size())
    open.by.disk->cut(open.node.get(), static_cast<std::uint64_t>(size));
  return SQLITE_OK;
}

int sync_file(sqlite3_file* file, int) {
  OpenFile& open = at(file);
  if (!open.by.life->step() || open.by.disk->sync_error != 0) return SQLITE_IOERR_FSYNC;
  open.by.disk->sync(open.node.get());
  if (open.directory != nullptr) open.by.disk->sync_directory(open.directory.get());
  open.directory.reset();
  return SQLITE_OK;
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  OpenFile& open = at(file);
  if (open.by.life->is_over()) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(open.node->data.size());
  return SQLITE_OK;
}

bool others_have(const OpenFile& open, int at_least) {
  if (open.shared == nullptr) return false;
  return std::any_of(open.shared->connections.begin(), open.shared->connections.end(),
                     [&](const OpenFile* other) { return other != &open && other->level >= at_least; });
}

int lock_file(sqlite3_file* file, int level) {
  OpenFile& open = at(file);
  if (open.by.life->is_over()) return SQLITE_IOERR_LOCK;
  if (open.level >= level) return SQLITE_OK;
  const int conflict = level == SQLITE_LOCK_SHARED     ? SQLITE_LOCK_PENDING
                       : level == SQLITE_LOCK_RESERVED ? SQLITE_LOCK_RESERVED
                                                       : SQLITE_LOCK_SHARED;
  if (others_have(open, conflict)) return SQLITE_BUSY;
  open.level = level;
  return SQLITE_OK;
}

int unlock_file(sqlite3_file* file, int level) {
  at(file).level = std::min(at(file).level, level);
  return SQLITE_OK;
}

int is_reserved(sqlite3_file* file, int* reserved) {
  *reserved = others_have(at(file), SQLITE_LOCK_RESERVED) ? 1 : 0;
  return SQLITE_OK;
}

int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return 512; }
int characteristics(sqlite3_file*) { return 0; }

int map_shared(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
  OpenFile& open = at(file);
  *memory = nullptr;
  if (open.by.life->is_over() || open.shared == nullptr) return SQLITE_IOERR_SHMMAP;
  auto& regions = open.shared->regions;
  const auto number = static_cast<std::size_t>(region);
  if (regions.size() <= number && extend == 0) return SQLITE_OK;
  while (regions.size() <= number) regions.push_back(std::make_unique<std::vector<char>>(static_cast<std::size_t>(size)));
  *memory = regions[number]->data();
  return SQLITE_OK;
}

int lock_shared(sqlite3_file* file, int first, int count, int flags) {
  OpenFile& open = at(file);
  if (open.by.life->is_over() || open.shared == nullptr) return SQLITE_IOERR_SHMLOCK;
  for (int i = first; i < first + count; ++i) {
    auto& lock = open.shared->locks[static_cast<std::size_t>(i)];
    if ((flags & SQLITE_SHM_UNLOCK) != 0) continue;
    const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    for (const auto& [holder, is_exclusive] : lock) {
      if (holder != &open && (exclusive || is_exclusive)) return SQLITE_BUSY;
    }
  }
  for (int i = first; i < first + count; ++i) {
    auto& lock = open.shared->locks[static_cast<std::size_t>(i)];
    if ((flags & SQLITE_SHM_UNLOCK) != 0) lock.erase(&open);
    else lock[&open] = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  }
  return SQLITE_OK;
}

void barrier(sqlite3_file*) {}
int unmap_shared(sqlite3_file*, int) { return SQLITE_OK; }

constexpr sqlite3_io_methods kMethods = {
    2,         close_file,  read_file, write_file, cut_file,        sync_file,   size_of_file, lock_file, unlock_file,
    is_reserved, control,   sector_size, characteristics, map_shared, lock_shared, barrier,    unmap_shared, nullptr, nullptr};

Opener& opener(sqlite3_vfs* vfs) { return *static_cast<Opener*>(vfs->pAppData); }

// A process that ends lets go of everything, whatever is left of it here.
void share(OpenFile* open) {
  auto& shared = (*open->by.databases)[open->node.get()];
  if (shared == nullptr) shared = std::make_shared<SharedDatabase>();
  shared->connections.insert(open);
  open->shared = shared;
  const Life* life = open->by.life;
  open->by.life->at_end([weak = std::weak_ptr<SharedDatabase>(shared), open, life] {
    const auto still = weak.lock();
    if (still != nullptr && still->connections.contains(open) && open->by.life == life) let_go(open);
  });
}

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  const Opener& by = opener(vfs);
  if (name == nullptr || by.life->is_over()) return SQLITE_CANTOPEN;
  NodePtr node = by.disk->find(name);
  const NodePtr parent = by.disk->parent_of(name);
  if (node == nullptr && ((flags & SQLITE_OPEN_CREATE) == 0 || parent == nullptr || !by.life->step())) return SQLITE_CANTOPEN;
  if (node == nullptr) by.disk->enter(parent.get(), name_of(name), node = by.disk->make_node(false));
  auto* open = new OpenFile{by, node};
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) share(open);
  if ((flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0) open->directory = parent;
  reinterpret_cast<SqliteFile*>(file)->open = open;
  file->pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync) {
  const Opener& by = opener(vfs);
  if (by.disk->find(name) == nullptr) return SQLITE_IOERR_DELETE_NOENT;
  if (!by.life->step()) return SQLITE_IOERR_DELETE;
  const NodePtr parent = by.disk->parent_of(name);
  by.disk->leave(parent.get(), name_of(name));
  if (sync != 0) by.disk->sync_directory(parent.get());
  return SQLITE_OK;
}

int access_file(sqlite3_vfs* vfs, const char* name, int, int* there) {
  const NodePtr node = opener(vfs).disk->find(name);
  *there = node != nullptr && (node->is_directory || !node->data.empty()) ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int capacity, char* path) {
  if (std::strlen(name) + 1 > static_cast<std::size_t>(capacity)) return SQLITE_CANTOPEN;
  std::strcpy(path, name);
  return SQLITE_OK;
}

int randomness(sqlite3_vfs*, int count, char* bytes) {
  for (int i = 0; i < count; ++i) bytes[i] = static_cast<char>(i * 37 + 11);
  return count;
}

int sleep_not(sqlite3_vfs*, int microseconds) { return microseconds; }
int time_of_day(sqlite3_vfs*, double* day) {
  *day = 2461000.5;
  return SQLITE_OK;
}
int last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

struct SqliteVfs::Known {
  Opener opener;
  sqlite3_vfs vfs = {};
};

SqliteVfs::SqliteVfs(Disk* disk, Life* life, SharedDatabases* shared)
    : name_("world-" + std::to_string(life->number())), known_(new Known{{disk, life, shared}}) {
  sqlite3_vfs& vfs = known_->vfs;
  vfs.iVersion = 1;
  vfs.szOsFile = sizeof(SqliteFile);
  vfs.mxPathname = 512;
  vfs.zName = name_.c_str();
  vfs.pAppData = &known_->opener;
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.xAccess = access_file;
  vfs.xFullPathname = full_path;
  vfs.xRandomness = randomness;
  vfs.xSleep = sleep_not;
  vfs.xCurrentTime = time_of_day;
  vfs.xGetLastError = last_error;
  sqlite3_vfs_register(&vfs, 0);
}

SqliteVfs::~SqliteVfs() { sqlite3_vfs_unregister(&known_->vfs); }

}  // namespace br::world
