#include "cli/json_view.h"

#include <simdjson.h>

#include "batchrouter.h"

namespace cli {
namespace {

std::string plain(simdjson::dom::element element) {
  std::string_view string;
  if (element.get(string) == simdjson::SUCCESS) return std::string(string);
  if (element.is_null()) return {};
  return simdjson::minify(element);
}

}  // namespace

std::string JsonView::text(std::string_view pointer) const {
  simdjson::dom::parser parser;
  simdjson::dom::element root, found;
  if (parser.parse(text_).get(root) != simdjson::SUCCESS) return {};
  if (root.at_pointer(pointer).get(found) != simdjson::SUCCESS) return {};
  return plain(found);
}

std::vector<std::string> JsonView::items(std::string_view pointer) const {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::array array;
  std::vector<std::string> out;
  if (parser.parse(text_).get(root) != simdjson::SUCCESS) return out;
  if (root.at_pointer(pointer).get(array) != simdjson::SUCCESS) return out;
  for (const simdjson::dom::element element : array) out.push_back(plain(element));
  return out;
}

std::string environment_of(const std::string& property) {
  const char* json = br_provider_json(property.substr(0, property.find('.')).c_str());
  if (json == nullptr) return {};
  for (const std::string& item : JsonView(json).items("/properties")) {
    const JsonView view(item);
    if (view.text("/name") == property) return view.text("/environment");
  }
  return {};
}

}  // namespace cli
