#include "providers/shared/body_writer.h"

#include <algorithm>
#include <unordered_map>

#include "codec/json_cursor.h"
#include "codec/json_read.h"

namespace br {

bool same_key(std::string_view token, std::string_view name) {
  if (token.find('\\') == std::string_view::npos)
    return token.size() == name.size() + 2 && token.substr(1, name.size()) == name;
  std::string plain;
  append_unescaped(token, &plain);
  return plain == name;
}

namespace {

// fieldName and field_name.
bool same_words(std::string_view token, std::string_view camel) {
  std::size_t t = 0;
  for (const char c : camel) {
    if (c >= 'A' && c <= 'Z') {
      if (t < token.size() && token[t] == c) {
        ++t;
        continue;
      }
      if (t + 1 >= token.size() || token[t] != '_' || token[t + 1] != c - 'A' + 'a') return false;
      t += 2;
    } else if (t < token.size() && token[t] == c) {
      ++t;
    } else {
      return false;
    }
  }
  return t == token.size();
}

// The name that a key token has among those that are taken for one: field_name is fieldName.
std::string name_of(std::string_view token, bool snake_case_too) {
  std::string name;
  append_unescaped(token, &name);
  if (!snake_case_too) return name;
  std::string camel;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool joins = name[i] == '_' && i > 0 && i + 1 < name.size() && name[i + 1] >= 'a' && name[i + 1] <= 'z';
    camel.push_back(joins ? static_cast<char>(name[++i] - 'a' + 'A') : name[i]);
  }
  return camel;
}

}  // namespace

bool same_field(std::string_view token, std::string_view name, bool snake_case_too) {
  if (same_key(token, name)) return true;
  if (!snake_case_too || token.size() <= 2) return false;
  if (token.find('\\') == std::string_view::npos) return same_words(token.substr(1, token.size() - 2), name);
  std::string plain;
  append_unescaped(token, &plain);
  return same_words(plain, name);
}

BodyWriter::BodyWriter(std::string_view kwargs_json, std::string* out, const FieldNames& names)
    : out_(out), names_(names) {
  out_->push_back('{');
  if (kwargs_json.empty()) return;
  JsonCursor cursor(kwargs_json.data(), kwargs_json.size());
  cursor.enter_object();
  std::string_view key, value;
  std::unordered_map<std::string, std::size_t> places;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    const auto [known, added] = places.emplace(name_of(key, names.snake_case_too), kwargs_.size());
    if (added)
      kwargs_.push_back({key, value, false});
    else
      kwargs_[known->second].value = value;
  }
}

BodyWriter::Field* BodyWriter::find(std::string_view name) {
  for (Field& field : kwargs_) {
    if (same_field(field.name, name, names_.snake_case_too)) return &field;
  }
  return nullptr;
}

bool BodyWriter::begin_beside_kwargs(std::string_view name) {
  if (Field* given = find(name)) {
    write_key(name);
    out_->append(given->value);
    given->written = true;
    return false;
  }
  if (!replacement(name).empty()) return false;  // it is written under its own name, with the rest of them
  write_key(name);
  return true;
}

void BodyWriter::object(std::string_view name, std::string_view fields) {
  Field* given = find(name);
  if (given == nullptr || !given->value.starts_with('{')) {
    if (begin(name)) out_->append("{").append(fields).push_back('}');
    return;
  }
  write_key(name);
  given->written = true;
  std::string ours = "{" + std::string(fields) + "}";
  const std::size_t size = ours.size();
  ours.append(kJsonPadding, ' ');
  BodyWriter inner(given->value, out_, names_);
  JsonCursor cursor(ours.data(), size);
  cursor.enter_object();
  std::string_view key, value;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    const std::string_view field = key.substr(1, key.size() - 2);
    const bool merges = std::count(names_.objects.begin(), names_.objects.end(), field) > 0 && value.starts_with('{');
    if (merges) inner.object(field, value.substr(1, value.size() - 2));
    else inner.field(field, value);
  }
  inner.end();
}

void BodyWriter::object_since(std::string_view name, std::size_t begun) {
  if (kwargs_.empty()) {
    out_->insert(begun, "\":{").insert(begun, name).insert(begun, first_ ? "\"" : ",\"").push_back('}');
    first_ = false;
    return;
  }
  const std::string fields = out_->substr(begun);
  out_->resize(begun);
  object(name, fields);
}

std::string_view BodyWriter::replacement(std::string_view name) const {
  if (kwargs_.empty()) return {};
  if (const Field* given = find(name)) return given->value;
  for (const FieldNames::Synonyms& same : names_.synonyms) {
    if (std::count(same.begin(), same.end(), name) == 0) continue;
    for (const std::string_view other : same) {
      const Field* given = other.empty() || other == name ? nullptr : find(other);
      if (given != nullptr) return given->value;
    }
  }
  return {};
}

void BodyWriter::end() {
  for (const Field& field : kwargs_) {
    if (field.written) continue;
    if (!first_) out_->push_back(',');
    first_ = false;
    out_->append(field.name).append(":").append(field.value);
  }
  out_->push_back('}');
}

}  // namespace br
