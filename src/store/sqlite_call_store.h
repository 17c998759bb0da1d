// CallStore in one SQLite file of the state directory (WAL, synchronous=FULL).
#pragma once

#include <memory>
#include <string>

#include "store/call_store.h"
#include "sys/file_system.h"

namespace br {

// Makes the file if it is missing. Code::store when it is damaged or was written by a newer version. vfs: the name of the
// one that SQLite reaches `files` by; nullptr: the system's.
Result<std::unique_ptr<CallStore>> open_sqlite_call_store(FileSystem* files, const std::string& path,
                                                          const char* vfs = nullptr);

}  // namespace br
