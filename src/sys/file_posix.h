// The two parts of posix_files() that hold descriptors; path_posix.cc is the rest of it.
#pragma once

#include <string>

#include "sys/file_system.h"

namespace br {

Result<File> open_posix_file(const std::string& path, OpenMode mode);
Result<FileLock> lock_posix_file(const std::string& path);

}  // namespace br
