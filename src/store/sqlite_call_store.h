// CallStore in one SQLite file of the state directory (WAL, synchronous=FULL).
#pragma once

#include <memory>
#include <string>

#include "store/call_store.h"

namespace br {

// Makes the file if it is missing. Code::store when it is damaged or was written by a newer version.
Result<std::unique_ptr<CallStore>> open_sqlite_call_store(const std::string& path);

}  // namespace br
