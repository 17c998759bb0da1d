#include "codec/json_slices.h"

#include "codec/json_cursor.h"
#include "codec/json_read.h"

namespace br {
namespace {

std::string name_of(std::string_view key) {
  std::string name;
  append_unescaped(key, &name);
  return name;
}

// Whether the byte stands in the value, or in what leads to it from `from` on.
bool holds(std::string_view document, std::size_t from, std::string_view value, std::size_t offset) {
  const auto end = static_cast<std::size_t>(value.data() - document.data()) + value.size();
  return offset >= from && offset < end;
}

std::size_t offset_in(std::string_view document, std::string_view slice) {
  return static_cast<std::size_t>(slice.data() - document.data());
}

}  // namespace

std::vector<JsonSlice> json_members(std::string_view object) {
  std::vector<JsonSlice> members;
  if (!object.starts_with('{')) return members;
  JsonCursor cursor(object.data(), object.size());
  cursor.enter_object();
  std::string_view key, value;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    if (value != "null") members.push_back({name_of(key), value, key});
  }
  return members;
}

std::vector<std::string_view> json_elements(std::string_view array) {
  std::vector<std::string_view> elements;
  if (!array.starts_with('[')) return elements;
  JsonCursor cursor(array.data(), array.size());
  cursor.enter_array();
  std::string_view value;
  while (cursor.next_element() && cursor.skip(&value)) elements.push_back(value);
  return elements;
}

std::string_view json_member(std::string_view object, std::string_view name) {
  for (const JsonSlice& member : json_members(object)) {
    if (member.name == name) return member.value;
  }
  return {};
}

std::string json_text(std::string_view token) { return is_json_string(token) ? name_of(token) : std::string(); }

std::string json_path(std::string_view document, std::size_t offset) {
  std::string path;
  std::string_view value = document;
  for (bool deeper = true; deeper;) {
    deeper = false;
    const std::string_view outer = value;
    for (const JsonSlice& member : json_members(outer)) {
      if (!holds(document, offset_in(document, member.key), member.value, offset)) continue;
      path.append(path.empty() ? "" : ".").append(member.name);
      value = member.value;
      deeper = true;
      break;
    }
    const auto elements = json_elements(outer);
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (!holds(document, offset_in(document, elements[i]), elements[i], offset)) continue;
      path.append("[").append(std::to_string(i)).append("]");
      value = elements[i];
      deeper = true;
      break;
    }
  }
  return path;
}

}  // namespace br
