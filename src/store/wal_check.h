// Reads SQLite's write-ahead log before SQLite does, which drops everything behind the first frame that it cannot
// believe, without a word (sqlite.org/fileformat2.html, section 4).
#pragma once

#include <optional>
#include <string>

#include "sys/file_system.h"

namespace br {

// What is wrong, if what follows the last good frame looks like more frames of the same generation: the last changes of
// the state are lost. A log that is missing, empty, whole or cut off between frames is fine.
std::optional<std::string> damage_in_wal(FileSystem* files, const std::string& path);

}  // namespace br
