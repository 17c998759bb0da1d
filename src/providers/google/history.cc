// Calls of functions and their results, as they stand in the conversation.
#include "codec/json_compact.h"
#include "codec/json_cursor.h"
#include "codec/json_read.h"
#include "providers/google/encoder.h"

namespace br {
namespace {

// What Google's documents give in the place of a signature for calls that another model made; Gemini 3 refuses the first
// call of a turn without one (ai.google.dev/gemini-api/docs/thought-signatures, 2026).
constexpr std::string_view kNoSignature = "\"skip_thought_signature_validator\"";

// The JSON object that a text holds, appended compact; false where it holds none.
bool append_object_in(std::string_view text_json, std::string* out) {
  std::string text;
  append_unescaped(text_json, &text);
  const std::size_t size = text.size();
  text.append(kJsonPadding, ' ');
  JsonCursor c(text.data(), size);
  if (c.peek() != JsonCursor::Kind::object || !c.skip() || !c.finish()) return false;
  append_compact_json(std::string_view(text).substr(0, size), out);
  return true;
}

}  // namespace

// Vertex AI has no ids of calls: calls and results are matched by their names and order.
void GoogleEncoder::call_id(const Part& part) {
  if (vendor_ != kVertexTitle) out_->append("\"id\":").append(part.id_json).push_back(',');
}

bool GoogleEncoder::function_call(const Part& part) {
  if (part.data_json.empty())
    return refuse(part.column, "tool_calls",
                  "the arguments of the tool call hold no JSON object, and " + std::string(vendor_) +
                      " takes one; correct them");
  out_->append("{\"functionCall\":{");
  call_id(part);
  out_->append("\"name\":").append(part.name_json).append(",\"args\":");
  append_compact_json(part.data_json, out_);
  out_->push_back('}');
  const bool needs_one = !signed_ && r_.model.find("gemini-3") != std::string_view::npos;
  signed_ = true;
  if (!part.signature_json.empty()) out_->append(",\"thoughtSignature\":").append(part.signature_json);
  else if (needs_one) out_->append(",\"thoughtSignature\":").append(kNoSignature);
  out_->push_back('}');
  return true;
}

// The response is an object: the one that the result's text holds, or one with the text as its result.
bool GoogleEncoder::function_response(const Part& part) {
  std::string text;
  if (!result_text(part, &text)) return false;
  out_->append("{\"functionResponse\":{");
  call_id(part);
  out_->append("\"name\":").append(part.name_json).append(",\"response\":");
  if (part.is_error || !append_object_in(text, out_))
    out_->append(part.is_error ? "{\"error\":" : "{\"result\":").append(text).push_back('}');
  out_->append("}}");
  return true;
}

}  // namespace br
