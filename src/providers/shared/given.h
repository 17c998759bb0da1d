// Given: a value of the vendor's request as it will be sent, and who gave it: a field of ours, or provider_kwargs, which
// wins. Rules that a vendor documents are checked on these.
#pragma once

#include <string>
#include <string_view>

#include "providers/shared/body_writer.h"

namespace br {

struct Given {
  std::string_view json;  // empty: it is not there
  std::string_view own;   // the path of our field
  std::string_view name;  // of the field in provider_kwargs; empty: ours counts

  bool is_there() const { return !json.empty(); }
  bool in_kwargs() const { return !name.empty(); }
  std::string path() const { return in_kwargs() ? "provider_kwargs." + std::string(name) : std::string(own); }
};

// json: of our own field at the path `own`. null in provider_kwargs is nothing.
inline Given given(const BodyWriter& w, std::string_view name, std::string_view json, std::string_view own) {
  const std::string_view replaced = w.replacement(name);
  if (replaced.empty()) return {json, own, {}};
  return {replaced == "null" ? std::string_view() : replaced, own, name};
}

// The value of a field of a checked JSON object, a slice of it; empty where there is none, or null.
std::string_view member_of(std::string_view object, std::string_view name);

// The number of a token; 0 for none.
double number_of(std::string_view token);

}  // namespace br
