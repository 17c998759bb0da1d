#include "cli/json_view.h"

#include <algorithm>

#include "batchrouter.h"

namespace cli {

const br::Json* JsonView::at(std::string_view pointer) const {
  const br::Json* value = value_.get();
  while (value != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    value = &(*value)[pointer.substr(0, end)];
    pointer.remove_prefix(end);
  }
  return value;
}

std::string JsonView::text(std::string_view pointer) const {
  const br::Json* value = at(pointer);
  if (value == nullptr || value->type() == br::Json::Type::null) return {};
  return std::string(value->is_string() ? value->string() : value->raw());
}

std::vector<JsonView> JsonView::items(std::string_view pointer) const {
  std::vector<JsonView> out;
  if (const br::Json* array = at(pointer); array != nullptr) {
    for (const br::Json& item : array->items()) out.push_back(JsonView(std::shared_ptr<const br::Json>(value_, &item)));
  }
  return out;
}

std::string environment_of(const std::string& property) {
  const char* json = br_provider_json(property.substr(0, property.find('.')).c_str());
  if (json == nullptr) return {};
  for (const JsonView& item : JsonView(json).items("/properties")) {
    if (item.text("/name") == property) return item.text("/environment");
  }
  return {};
}

}  // namespace cli
