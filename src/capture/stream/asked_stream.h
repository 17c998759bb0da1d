// What a request body says about streaming, and the body without it: batches take none.
#pragma once

#include <string>
#include <string_view>

namespace br {

struct AskedStream {
  bool stream = false;         // "stream": true
  bool include_usage = false;  // "stream_options": {"include_usage": true}
};

// The body without "stream" and "stream_options" of its top level; every other byte stays, but for the comma that one
// of them needed. A "stream" that is neither true, false nor null stays too: the vendor refuses it, and says so. So
// does all of a body that is no JSON object.
std::string without_stream(std::string_view body, AskedStream* asked);

}  // namespace br
