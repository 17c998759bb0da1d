// What a file that was taken for result rows seems to be, told from its first line.
#pragma once

#include <string>
#include <string_view>

namespace br {

struct FileKind {
  std::string seems;   // "requests in the form of OpenAI's batch files"
  std::string advice;  // what to do instead
};

FileKind file_kind_of(std::string_view first_line);

}  // namespace br
