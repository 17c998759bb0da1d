// TranslatedText: the unified line that a vendor's own line is turned into, and where in that line each piece of it
// comes from, so that what is wrong with it is told at the caller's own fields.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "codec/request_reader.h"

namespace br {

class TranslatedText {
 public:
  // line: the vendor's, which stays as it is while this is used.
  void begin(std::string_view line);

  // Text of ours, which has its place where the last slice of the line has.
  TranslatedText& own(std::string_view text);
  // A text as a JSON string.
  TranslatedText& own_string(std::string_view text);
  // A slice of the line, as it stands.
  TranslatedText& from(std::string_view slice);
  // What is written from here on comes from that slice.
  TranslatedText& mark(std::string_view slice);
  // ,"name": of the unified line, whose value comes from the slice. Errors name the field by its path, such as
  // "generation_config.top_k"; `path` is that of the value.
  void field(std::string_view path, std::string_view slice);
  // The same without writing anything.
  void stands_for(std::string_view path, std::string_view slice);

  // The line, with kJsonPadding readable bytes behind it.
  char* data() { return text_.data(); }
  std::size_t size() const { return text_.size(); }
  void pad();

  // The path of a slice in the vendor's line, and its 1-based column there.
  std::string path_of(std::string_view slice) const;
  std::uint32_t column_of(std::string_view slice) const;

  // What was found in this text, put where it comes from.
  void settle(Issue* issue) const;
  // A warning that begins with a field.
  void settle(std::string* warning) const;

 private:
  struct Piece {
    std::size_t at;      // in text_
    std::size_t size;    // 0: only marks
    std::size_t origin;  // in line_
  };
  struct Name {
    std::string path;
    std::size_t origin;
  };

  std::size_t origin_of(std::string_view slice) const { return static_cast<std::size_t>(slice.data() - line_.data()); }
  const Name* find(std::string_view field) const;
  const Piece* piece_at(std::size_t offset) const;

  std::string_view line_;
  std::string text_;
  std::vector<Piece> pieces_;
  std::vector<Name> names_;
};

}  // namespace br
