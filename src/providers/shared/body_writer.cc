#include "providers/shared/body_writer.h"

#include <unordered_map>

#include "codec/json_cursor.h"
#include "codec/json_read.h"

namespace br {

bool same_key(std::string_view token, std::string_view name) {
  if (token.find('\\') == std::string_view::npos)
    return token.size() == name.size() + 2 && token.substr(1, name.size()) == name;
  std::string plain;
  append_unescaped(token, &plain);
  return plain == name;
}

BodyWriter::BodyWriter(std::string_view kwargs_json, std::string* out) : out_(out) {
  out_->push_back('{');
  if (kwargs_json.empty()) return;
  JsonCursor cursor(kwargs_json.data(), kwargs_json.size());
  cursor.enter_object();
  std::string_view key, value;
  std::unordered_map<std::string_view, std::size_t> places;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    const auto [known, added] = places.emplace(key, kwargs_.size());
    if (added)
      kwargs_.push_back({key, value, false});
    else
      kwargs_[known->second].value = value;
  }
}

bool BodyWriter::begin(std::string_view name) {
  if (!first_) out_->push_back(',');
  first_ = false;
  out_->push_back('"');
  out_->append(name).append("\":");
  for (Field& field : kwargs_) {
    if (!same_key(field.name, name)) continue;
    out_->append(field.value);
    field.written = true;
    return false;
  }
  return true;
}

std::string_view BodyWriter::replacement(std::string_view name) const {
  for (const Field& field : kwargs_) {
    if (same_key(field.name, name)) return field.value;
  }
  return {};
}

void BodyWriter::end() {
  for (const Field& field : kwargs_) {
    if (field.written) continue;
    if (!first_) out_->push_back(',');
    first_ = false;
    out_->append(field.name).append(":").append(field.value);
  }
  out_->push_back('}');
}

}  // namespace br
