#include "capture/stream/stream.h"

#include "capture/stream/event_writer.h"
#include "capture/stream/stream_forms.h"
#include "codec/json_compact.h"
#include "codec/utf8.h"

namespace br {

std::shared_ptr<const Json> read_answer(std::string_view text) {
  auto answer = Json::parse(text);
  // A model may end within a character: half a surrogate pair is no JSON, and nothing to lose an answer for.
  if (answer == nullptr) answer = Json::parse(repair_json_text(text));
  if (answer == nullptr || !answer->is_object()) return nullptr;
  if (text.find_first_of(" \t\r\n") == std::string_view::npos) return answer;
  std::string compact;
  append_compact_json(answer->raw(), &compact);
  return Json::parse(compact);
}

namespace {

bool append_stream(StreamForm form, const Json& answer, const StreamWishes& wishes, std::string* out) {
  switch (form) {
    case StreamForm::openai_chat:
      return stream_chat(answer, wishes, out);
    case StreamForm::openai_completions:
      return stream_completion(answer, wishes, out);
    case StreamForm::openai_responses:
      return stream_response(answer, out);
    case StreamForm::anthropic_messages:
      return stream_message(answer, out);
    // Google's chunks are answers themselves: a whole one is a stream of one chunk.
    case StreamForm::gemini_sse:
      if (has(answer["error"])) return false;
      out->append("data: ").append(answer.raw()).append("\r\n\r\n");
      return true;
    case StreamForm::gemini_array:
      if (has(answer["error"])) return false;
      out->append("[").append(answer.raw()).append("]");
      return true;
  }
  return false;
}

}  // namespace

std::string stream_events(StreamForm form, std::string_view answer_json, const StreamWishes& wishes) {
  std::string out;
  out.reserve(answer_json.size() * 2 + 1024);
  const auto answer = read_answer(answer_json);
  if (answer == nullptr || !append_stream(form, *answer, wishes, &out)) return stream_error(form, 502, answer_json);
  return out;
}

}  // namespace br
