#include "providers/shared/choice_list.h"

namespace br {
namespace {

void append_field(std::string_view name, std::string_view token, std::string* out) {
  if (!token.empty()) out->append(name).append(token);
}

}  // namespace

void ChoiceList::add(const Row& choice) {
  if (json_.empty()) json_.push_back('[');
  else json_.back() = ',';
  json_.append("{\"text\":").append(choice.text_json.empty() ? std::string_view("null") : choice.text_json);
  json_.append(",\"finish_reason\":");
  json_.append(choice.finish_reason_json.empty() ? std::string_view("null") : choice.finish_reason_json);
  append_field(",\"tool_calls\":", choice.tool_calls_json, &json_);
  append_field(",\"reasoning\":", choice.reasoning_text_json, &json_);
  append_field(",\"refusal\":", choice.refusal_json, &json_);
  json_.append("}]");
}

}  // namespace br
