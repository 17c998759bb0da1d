#include "codec/translated_text.h"

#include <algorithm>

#include "codec/json_read.h"
#include "codec/json_slices.h"
#include "codec/json_write.h"

namespace br {

void TranslatedText::begin(std::string_view line) {
  line_ = line;
  text_.clear();
  pieces_.clear();
  names_.clear();
}

TranslatedText& TranslatedText::own(std::string_view text) {
  text_.append(text);
  return *this;
}

TranslatedText& TranslatedText::own_string(std::string_view text) {
  append_json_string(text, &text_);
  return *this;
}

TranslatedText& TranslatedText::from(std::string_view slice) {
  pieces_.push_back({text_.size(), slice.size(), origin_of(slice)});
  text_.append(slice);
  return *this;
}

TranslatedText& TranslatedText::mark(std::string_view slice) {
  pieces_.push_back({text_.size(), 0, origin_of(slice)});
  return *this;
}

void TranslatedText::field(std::string_view path, std::string_view slice) {
  stands_for(path, slice);
  own(",\"").own(path).own("\":").mark(slice);
}

void TranslatedText::stands_for(std::string_view path, std::string_view slice) {
  names_.push_back({std::string(path), origin_of(slice)});
}

void TranslatedText::pad() { text_.reserve(text_.size() + kJsonPadding); }

std::string TranslatedText::path_of(std::string_view slice) const { return json_path(line_, origin_of(slice)); }

std::uint32_t TranslatedText::column_of(std::string_view slice) const {
  return static_cast<std::uint32_t>(origin_of(slice) + 1);
}

// The longest name that the field is, or begins with.
const TranslatedText::Name* TranslatedText::find(std::string_view field) const {
  const Name* best = nullptr;
  for (const Name& name : names_) {
    const std::size_t size = name.path.size();
    const bool fits =
        field == name.path || (field.starts_with(name.path) && (field[size] == '.' || field[size] == '['));
    if (fits && (best == nullptr || best->path.size() < size)) best = &name;
  }
  return best;
}

const TranslatedText::Piece* TranslatedText::piece_at(std::size_t offset) const {
  const auto behind = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                       [](std::size_t at, const Piece& piece) { return at < piece.at; });
  return behind == pieces_.begin() ? nullptr : &*(behind - 1);
}

void TranslatedText::settle(Issue* issue) const {
  const std::size_t offset = issue->column == 0 ? 0 : issue->column - 1;
  const Piece* piece = piece_at(offset);
  const bool spliced = piece != nullptr && offset < piece->at + piece->size;
  const Name* name = find(issue->field);
  std::size_t origin = 0;
  if (spliced)
    origin = piece->origin + offset - piece->at;
  else if (name != nullptr)
    origin = name->origin;
  else if (piece != nullptr && issue->column > 1)
    origin = piece->origin;
  else
    return;
  const std::string before = issue->field, path = json_path(line_, origin);
  issue->column = static_cast<std::uint32_t>(origin + 1);
  issue->field = path;
  if (!before.empty() && issue->message.starts_with(before))
    issue->message.replace(0, before.size(), path);
  else
    issue->message.insert(0, path + ": ");
}

void TranslatedText::settle(std::string* warning) const {
  const std::string field = warning->substr(0, warning->find(':'));
  const Name* name = find(field);
  if (name != nullptr) warning->replace(0, field.size(), json_path(line_, name->origin));
}

}  // namespace br
