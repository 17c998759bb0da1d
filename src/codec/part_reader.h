// Reads the content of a message into parts of one form: this format's own parts, and those of OpenAI (image_url,
// input_audio, file, input_text, …) and Anthropic (a "source", tool_use, tool_result, thinking).
#pragma once

#include <array>

#include "codec/field_reader.h"

namespace br {

class PartReader : public FieldReader {
 protected:
  // A string or an array of parts. *plain: it was a string.
  bool read_content(std::string_view field, bool* plain);
  // One part, an object, which becomes the last of request->parts, or the last with its inner ones.
  bool read_part();

  // Reads a value that was passed with fn, the cursor standing before it.
  template <class Fn>
  bool read_again(std::string_view value, Fn&& fn);
  // The fields of an object that was passed; fields of other names are passed over.
  void pick(std::string_view object, std::initializer_list<std::pair<std::string_view, std::string_view*>> fields);
  bool set_arguments(std::string_view token, Part* part);
  // extra_content.google.thought_signature; empty where there is none.
  std::string_view thought_signature(std::string_view extra_content);

 private:
  static constexpr std::size_t kFieldCount = 31;
  struct Form;

  bool read_part_field(std::size_t field, Part* part, std::string_view* type);
  bool check_part(const Part& part, std::string_view type, std::size_t offset);
  bool default_source(Part* part, std::size_t offset);
  bool push(const Part& part);

  // part_forms.cc
  bool read_form(std::string_view type, std::uint32_t seen, std::size_t start, Part* part);
  bool text_form(std::size_t start, Part* part);
  bool source_form(std::size_t start, Part* part);
  bool image_form(std::size_t start, Part* part);
  bool audio_form(std::size_t start, Part* part);
  bool url_form(std::size_t start, Part* part);
  bool file_form(std::size_t start, Part* part);
  bool tool_use_form(std::size_t start, Part* part);
  bool tool_result_form(std::size_t start, Part* part);
  bool thinking_form(std::size_t start, Part* part);
  bool check_base64(Part* part);
  bool missing(std::size_t start, std::string_view field);
  bool set_source(std::string_view token, Source source, std::string_view field, std::size_t start, Part* part);

  std::array<std::string_view, kFieldCount> rare_{};  // values of the fields that ordinary parts have not
};

template <class Fn>
bool PartReader::read_again(std::string_view value, Fn&& fn) {
  const JsonCursor here = cursor;
  cursor = here.before(value);
  const bool good = fn();
  cursor = here;
  return good;
}

}  // namespace br
