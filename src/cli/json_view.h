// Reads the small JSON objects the library describes itself with. The only reader of JSON in the program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cli {

class JsonView {
 public:
  explicit JsonView(std::string_view text) : text_(text) {}

  // The value at a JSON pointer such as "/limits/requests", numbers and booleans as text; empty if there is none.
  std::string text(std::string_view pointer) const;
  // The elements of the array there: strings as they are, anything else as JSON.
  std::vector<std::string> items(std::string_view pointer) const;

 private:
  std::string text_;
};

// The variables of the environment that give this property its default, such as "OPENAI_API_KEY"; empty: none.
std::string environment_of(const std::string& property);

}  // namespace cli
