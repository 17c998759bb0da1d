// Where Gemini has the fields of a request. It refuses the whole file where one stands elsewhere, so what is known to belong
// to another place is found before; names that nobody knows are let through.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace br {

struct Misplaced {
  std::string_view value;
  std::string at, place;  // where it stands and where it belongs, as paths in the request
};

// Looks at the fields of one request, one after the other, and at those of its generationConfig.
class GeminiPlaces {
 public:
  // key: a token. A field that stands there under both of its names is misplaced too.
  std::optional<Misplaced> look_at(std::string_view key, std::string_view value);

 private:
  std::array<std::string_view, 12> seen_;  // by field of the request, the token it was given under
};

}  // namespace br
