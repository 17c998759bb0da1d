#include "providers/openai/object_form.h"

#include "codec/json_cursor.h"

namespace br {

bool ObjectForm::is_flat_function() const {
  return function.empty() && !name.empty() && (type.empty() || type == "\"function\"" || !input_schema.empty());
}

ObjectForm form_of(std::string_view object) {
  ObjectForm form;
  if (object.empty() || object.front() != '{') return form;
  JsonCursor cursor(object.data(), object.size());
  cursor.enter_object();
  std::string_view key, value;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    if (key == "\"type\"") form.type = value;
    else if (key == "\"function\"" && value.front() == '{') form.function = value;
    else if (key == "\"name\"") form.name = value;
    else if (key == "\"input_schema\"") form.input_schema = value;
    else if (key == "\"schema\"" && value.front() == '{') form.schema = value;
    else if (key == "\"json_schema\"" && value.front() == '{') form.json_schema = value;
  }
  return form;
}

void append_fields(std::string_view head, std::string_view object, std::string_view tail, std::string* out) {
  out->append(head);
  JsonCursor cursor(object.data(), object.size());
  cursor.enter_object();
  std::string_view key, value;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    if (key == "\"type\"" || key == "\"cache_control\"") continue;
    if (key == "\"input_schema\"") key = "\"parameters\"";  // Anthropic's form
    if (out->back() != '{') out->push_back(',');
    out->append(key).append(":").append(value);
  }
  out->append(tail);
}

}  // namespace br
