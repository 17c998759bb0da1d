// LineTranslator: turns a line of one vendor's own batch file into the unified request that says the same, so that it
// can go to another vendor. Every field of the body has its unified field, or the line is refused by that field's path.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/request_reader.h"
#include "codec/translated_text.h"
#include "model/request.h"

namespace br {

// For whom a line is translated.
struct TranslationTarget {
  std::string_view vendor;            // "Anthropic", for messages
  LineForm form = LineForm::unified;  // of its own lines
  bool drop_unsupported = false;      // leave out what has no counterpart, and say so in the warnings
  std::string_view default_model;     // stands for the model that the line's vendor has; empty: that is kept
};

class LineTranslator {
 public:
  // native: read from a vendor's line, which stays unchanged while *unified is used, and so does this object.
  // false: *issue says which field has no counterpart, and where. warnings may be nullptr.
  bool translate(const Request& native, const TranslationTarget& target, Request* unified, Issue* issue,
                 std::vector<std::string>* warnings);

  // What is found later in the unified request, put where it stands in the vendor's line.
  void settle(Issue* issue) const;
  void settle(std::string* warning) const { text_.settle(warning); }

 private:
  bool check_parts(const Request& native, const TranslationTarget& target, const Request& unified, Issue* issue,
                   std::vector<std::string>* warnings);

  RequestReader reader_;
  TranslatedText text_;
  std::string note_;  // whose line it is, for messages
};

}  // namespace br
