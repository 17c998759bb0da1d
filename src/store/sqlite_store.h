// Store in one SQLite file of the state directory (WAL, synchronous=FULL).
#pragma once

#include <memory>
#include <string>

#include "store/store.h"

namespace br {

// Makes the file if it is missing. Code::store when it is damaged or was written by a newer version. read_only opens
// what is there, beside an owner.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, bool read_only);

std::string sqlite_version();

}  // namespace br
