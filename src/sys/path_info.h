// Who and what stands behind a path: its identity, its owner, its mode.
#pragma once

#include <cstdint>
#include <string>

namespace br {

// The file itself, whatever it is called. Two paths with the same identity are one file.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

struct PathInfo {
  bool exists = false, is_link = false, is_directory = false, is_pipe = false;
  std::uint32_t owner = 0;
  std::uint32_t mode = 0;  // permissions only
  std::uint64_t size = 0;
  FileIdentity identity;
};

enum class Links : std::uint8_t { follow, look_at };

std::uint32_t process_user();  // the effective one

}  // namespace br
