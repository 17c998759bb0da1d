// Store in one SQLite file of the state directory (WAL, synchronous=FULL).
#pragma once

#include <memory>
#include <string>

#include "store/store.h"
#include "sys/file_system.h"

namespace br {

// Makes the file if it is missing. Code::store when it is damaged or was written by a newer version. read_only opens
// what is there, beside an owner. vfs: the name of the one that SQLite reaches `files` by; nullptr: the system's.
Result<std::unique_ptr<Store>> open_sqlite_store(FileSystem* files, const std::string& path, bool read_only,
                                                 const char* vfs = nullptr);

std::string sqlite_version();

}  // namespace br
