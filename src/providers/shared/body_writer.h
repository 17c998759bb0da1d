// BodyWriter: the object of a vendor's request body, field by field, with provider_kwargs merged last: a field that
// provider_kwargs holds takes the place of ours.
#pragma once

#include <array>
#include <cstdint>
#include <span>
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
// The same, where snake_case_too with field_name for fieldName.
bool same_field(std::string_view token, std::string_view name, bool snake_case_too);

// What the names in provider_kwargs mean to a vendor.
struct FieldNames {
  // Names of one field, ours among them. A request with two of them would be refused, or one of them not looked at.
  using Synonyms = std::array<std::string_view, 3>;
  std::span<const Synonyms> synonyms = {};
  bool snake_case_too = false;                     // fieldName and field_name are one
  std::span<const std::string_view> objects = {};  // of those inside of objects, the ones whose fields win one by one
};

// A field that provider_kwargs may not give beside the others: the vendor has it under another name, inside of another.
struct MovedField {
  std::string_view name, place;  // place: the path of what it is there, from provider_kwargs on
};

class BodyWriter {
 public:
  // kwargs_json: a checked JSON object, or empty.
  BodyWriter(std::string_view kwargs_json, std::string* out, const FieldNames& names = {});

  // Begins the field and returns true; false when provider_kwargs gives it, under this name or a synonym, and nothing is to
  // be written.
  bool begin(std::string_view name) {
    if (!kwargs_.empty()) return begin_beside_kwargs(name);
    write_key(name);
    return true;
  }
  // An object of ours, without its braces: the fields of one that provider_kwargs gives win one by one.
  void object(std::string_view name, std::string_view fields);
  // The same, of the fields that were written to the end of what there is, from `begun` on.
  void object_since(std::string_view name, std::size_t begun);
  void field(std::string_view name, std::string_view json) {
    if (!json.empty() && begin(name)) out_->append(json);
  }
  // The value provider_kwargs gives for the field, under this name or a synonym, or empty.
  std::string_view replacement(std::string_view name) const;
  // The same, under this name alone.
  std::string_view under_name(std::string_view name) const {
    const Field* given = find(name);
    return given == nullptr ? std::string_view() : given->value;
  }
  // Writes the fields of provider_kwargs that replaced nothing, and the closing brace.
  void end();

 private:
  struct Field {
    std::string_view name, value;
    bool written = false;
  };
  Field* find(std::string_view name);
  const Field* find(std::string_view name) const { return const_cast<BodyWriter*>(this)->find(name); }
  bool begin_beside_kwargs(std::string_view name);
  void write_key(std::string_view name) {
    out_->append(first_ ? "\"" : ",\"").append(name).append("\":");
    first_ = false;
  }

  std::string* out_;
  FieldNames names_;
  std::vector<Field> kwargs_;
  bool first_ = true;
};

}  // namespace br
