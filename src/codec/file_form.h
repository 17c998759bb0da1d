// What a file of requests is when it is none of JSON lines: told once for the whole file, with the cure.
#pragma once

#include <string>
#include <string_view>

namespace br {

struct FileForm {
  std::string what;  // "is compressed with gzip"; empty: it may be JSON lines
  std::string cure;  // one line
};

// head: the beginning of the file. name: as the cure writes it.
FileForm look_at_file(std::string_view head, const std::string& name);

}  // namespace br
