// Text completions: the text in one chunk, the end of each choice in another.
#include "capture/stream/chunk_writer.h"
#include "capture/stream/stream_forms.h"

namespace br {

bool stream_completion(const Json& answer, const StreamWishes& wishes, std::string* out) {
  if (!answer["choices"].is_array()) return false;
  ChunkWriter chunks(answer, "text_completion", wishes, out);
  const auto& choices = answer["choices"].items();
  for (std::size_t index = 0; index < choices.size(); ++index) {
    const Json& choice = choices[index];
    copy_field(choice, "text", &chunks.begin(choice, index));
    chunks.end(choice, choice["logprobs"].raw());
    chunks.begin(choice, index).field("text", "");
    chunks.finish(choice, "null", index + 1 == choices.size());
  }
  chunks.close();
  return true;
}

}  // namespace br
