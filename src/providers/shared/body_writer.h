// BodyWriter: the object of a vendor's request body, field by field, with provider_kwargs merged last: a field that
// provider_kwargs holds takes the place of ours.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace br {

// Where a vendor wants the model of a raw body.
enum class BodyModel : std::uint8_t {
  in_body,  // it is put into a body that names none
  in_job,   // the create call names it; a body need not
  elsewhere // in an address, or in what the caller of raw_body() checks
};

// The key token of an object has this name, with or without escapes.
bool same_key(std::string_view token, std::string_view name);

class BodyWriter {
 public:
  // kwargs_json: a checked JSON object, or empty.
  BodyWriter(std::string_view kwargs_json, std::string* out);

  // Begins the field and returns true; false when provider_kwargs replaces it and nothing is to be written.
  bool begin(std::string_view name);
  void field(std::string_view name, std::string_view json) {
    if (!json.empty() && begin(name)) out_->append(json);
  }
  // The value provider_kwargs gives for the field, or empty.
  std::string_view replacement(std::string_view name) const;
  // Writes the fields of provider_kwargs that replaced nothing, and the closing brace.
  void end();

 private:
  struct Field {
    std::string_view name, value;
    bool written = false;
  };
  std::string* out_;
  std::vector<Field> kwargs_;
  bool first_ = true;
};

}  // namespace br
