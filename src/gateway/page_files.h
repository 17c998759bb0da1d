#pragma once

#include <array>
#include <string_view>

namespace br::gateway {

struct PageFile {
  std::string_view name;
  std::string_view text;
};

// The files of src/gateway/page, which the build puts into the program.
extern const std::array<PageFile, 4> kPageFiles;

}  // namespace br::gateway
