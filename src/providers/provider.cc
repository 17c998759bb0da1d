#include "providers/provider.h"

namespace br {

std::string_view Account::setting(std::string_view name) const {
  for (const auto& [key, value] : settings) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace br
