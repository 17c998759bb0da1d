// The forms, each in a file of its own. answer: an object whose text has no blanks between its tokens. False: it is no
// answer of the form, and nothing was written.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "capture/stream/stream.h"
#include "codec/json_read.h"

namespace br {

bool stream_chat(const Json& answer, const StreamWishes& wishes, std::string* out);
bool stream_completion(const Json& answer, const StreamWishes& wishes, std::string* out);
bool stream_response(const Json& answer, std::string* out);
bool stream_message(const Json& answer, std::string* out);

// The text without blanks, read; nullptr where it is no JSON object.
std::shared_ptr<const Json> read_answer(std::string_view text);

}  // namespace br
