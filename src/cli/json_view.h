// Reads the small JSON objects the library describes itself with. The only reader of JSON in the program; it is the
// library's own, compiled in, because the shared library shows br_* only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_read.h"

namespace cli {

class JsonView {
 public:
  explicit JsonView(std::string_view text) : value_(br::Json::parse(text)) {}

  // The value at a JSON pointer such as "/limits/requests", through objects only; numbers and booleans as text, objects
  // and arrays as JSON. Empty if there is none. "" is the value itself.
  std::string text(std::string_view pointer) const;
  // The elements of the array there, which share this view's text.
  std::vector<JsonView> items(std::string_view pointer) const;

 private:
  explicit JsonView(std::shared_ptr<const br::Json> value) : value_(std::move(value)) {}
  const br::Json* at(std::string_view pointer) const;  // nullptr: the text is no JSON

  std::shared_ptr<const br::Json> value_;  // of an element too it owns the whole document
};

// The variables of the environment that give this property its default, such as "OPENAI_API_KEY"; empty: none.
std::string environment_of(const std::string& property);

}  // namespace cli
