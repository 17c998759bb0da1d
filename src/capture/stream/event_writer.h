// What all forms write with: server-sent events, and objects of the answer that are changed in a few fields.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "codec/json_read.h"
#include "codec/json_write.h"

namespace br {

// One server-sent event after the other. What is written into json() between begin and end is its data, which may have
// no line break: JSON without blanks has none.
class EventWriter {
 public:
  explicit EventWriter(std::string* out) : out_(out), json_(out) {}
  // name: of the "event:" line; empty: there is none.
  JsonWriter& begin(std::string_view name);
  JsonWriter& json() { return json_; }
  void end() { out_->append("\n\n"); }

 private:
  std::string* out_;
  JsonWriter json_;
};

// Another value for a field of an object, where the object has that field.
struct ChangedField {
  std::string_view name;
  std::string_view json;  // empty: the field is left out
};

// The object's fields in their order, into an object that was begun.
void write_fields(const Json& object, std::initializer_list<ChangedField> changed, JsonWriter* out);
// The object itself.
void write_object(const Json& object, std::initializer_list<ChangedField> changed, JsonWriter* out);
// One field as it is, or nothing where the object has none.
void copy_field(const Json& object, std::string_view name, JsonWriter* out);

inline bool has(const Json& value) { return value.type() != Json::Type::missing; }
inline JsonWriter& index_field(std::string_view name, std::size_t index, JsonWriter* out) {
  return out->field(name, static_cast<std::int64_t>(index));
}

}  // namespace br
