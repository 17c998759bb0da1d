// ChunkWriter: the chunks of OpenAI's two forms of completion: what of the answer stands in which chunk, and the usage.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "capture/stream/event_writer.h"
#include "capture/stream/stream.h"

namespace br {

class ChunkWriter {
 public:
  // object: what the chunks call themselves.
  ChunkWriter(const Json& answer, std::string_view object, const StreamWishes& wishes, std::string* out)
      : answer_(answer), object_(object), wishes_(wishes), events_(out) {}

  JsonWriter& json() { return events_.json(); }
  // A chunk with one choice, begun: the index is written, the rest is the caller's.
  JsonWriter& begin(const Json& choice, std::size_t index);
  // Ends a chunk after which more comes of that choice. logprobs: of what this chunk has; where the choice has any.
  void end(const Json& choice, std::string_view logprobs = "null");
  // Ends the last chunk of a choice: the finish reason, and what else the choice says beside its text.
  void finish(const Json& choice, std::string_view logprobs, bool last_choice);
  // What comes behind the choices.
  void close();

 private:
  void head();
  void usage_with_finish();

  const Json& answer_;
  std::string_view object_;
  const StreamWishes& wishes_;
  EventWriter events_;
  bool first_ = true;
};

}  // namespace br
