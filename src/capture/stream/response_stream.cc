// OpenAI's Responses API: the answer as it began, its items, the answer as it ended.
#include "capture/stream/response_events.h"
#include "capture/stream/stream_forms.h"

namespace br {
namespace {

void append_beginning(std::string_view type, const Json& answer, ResponseEvents* events) {
  write_object(answer,
               {{"status", "\"in_progress\""},
                {"output", "[]"},
                {"usage", "null"},
                {"error", "null"},
                {"incomplete_details", "null"},
                {"completed_at", "null"}},
               &events->begin(type).key("response"));
  events->end();
}

std::string_view ending(std::string_view status) {
  if (status == "incomplete") return "response.incomplete";
  return status == "failed" ? "response.failed" : "response.completed";
}

}  // namespace

bool stream_response(const Json& answer, std::string* out) {
  if (!answer["output"].is_array() && answer["status"].string() != "failed") return false;
  ResponseEvents events(out);
  append_beginning("response.created", answer, &events);
  append_beginning("response.in_progress", answer, &events);
  const auto& items = answer["output"].items();
  for (std::size_t index = 0; index < items.size(); ++index) append_item_events(items[index], index, &events);
  events.begin(ending(answer["status"].string())).key("response").raw(answer.raw());
  events.end();
  return true;
}

}  // namespace br
