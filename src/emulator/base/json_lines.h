#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "emulator/base/body_file.h"

namespace br::emulator {

// Reads the lines of a blob front to back: `use(line, size)` gets each one, ending with a NUL, to overwrite as it
// likes; where it returns false the reading ends.
template <typename Use>
void for_each_line(const Blob& blob, Use use) {
  constexpr size_t kReadBytes = 256 * 1024;
  std::string held;
  for (int64_t offset = 0;;) {
    const size_t had = held.size();
    held.resize(had + kReadBytes);
    const size_t got = blob.read(offset, held.data() + had, kReadBytes);
    held.resize(had + got);
    offset += static_cast<int64_t>(got);
    size_t begin = 0;
    for (size_t end = held.find('\n', had); end != std::string::npos; end = held.find('\n', begin)) {
      held[end] = '\0';
      if (!use(held.data() + begin, end - begin)) return;
      begin = end + 1;
    }
    held.erase(0, begin);
    if (got > 0) continue;
    if (!held.empty()) use(held.data(), held.size());
    return;
  }
}

}  // namespace br::emulator
