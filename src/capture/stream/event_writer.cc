#include "capture/stream/event_writer.h"

#include <algorithm>

namespace br {

JsonWriter& EventWriter::begin(std::string_view name) {
  if (!name.empty()) out_->append("event: ").append(name).push_back('\n');
  out_->append("data: ");
  json_ = JsonWriter(out_);
  return json_;
}

void write_fields(const Json& object, std::initializer_list<ChangedField> changed, JsonWriter* out) {
  for (const auto& [name, value] : object.fields()) {
    const auto* change =
        std::find_if(changed.begin(), changed.end(), [&](const ChangedField& each) { return each.name == name; });
    const std::string_view json = change == changed.end() ? value.raw() : change->json;
    if (!json.empty()) out->key(name).raw(json);
  }
}

void write_object(const Json& object, std::initializer_list<ChangedField> changed, JsonWriter* out) {
  out->begin_object();
  write_fields(object, changed, out);
  out->end_object();
}

void copy_field(const Json& object, std::string_view name, JsonWriter* out) {
  if (const Json& value = object[name]; has(value)) out->key(name).raw(value.raw());
}

}  // namespace br
