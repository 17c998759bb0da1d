// CallBody: what capture has to know of a call's body, read once.
#pragma once

#include <string>
#include <string_view>

namespace br {

struct CallBody {
  bool is_object = false;      // a JSON object, and valid UTF-8
  std::string model;           // empty: it names none
  bool streams = false;        // "stream": true
  bool include_usage = false;  // of stream_options
  std::string batch_body;      // without stream and stream_options, else as it came
};
CallBody read_call_body(std::string_view body);

}  // namespace br
