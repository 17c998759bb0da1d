// FittedJson: a field of the request as the vendor takes it: the text of the request, or a copy in which schemas were
// written anew.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "codec/json_read.h"
#include "providers/openai/lines.h"
#include "providers/shared/unified_fields.h"

namespace br {

class FittedJson {
 public:
  explicit FittedJson(std::string_view text) : original_(text), text_(text) {}
  FittedJson(const FittedJson&) = delete;  // text() points into it
  FittedJson& operator=(const FittedJson&) = delete;

  std::string_view text() const { return text_; }
  // Of the slices of the original, which follow each other, this one gives way.
  void replace(std::string_view slice, std::string_view with) {
    const auto at = static_cast<std::size_t>(slice.data() - original_.data());
    copy_.append(original_.substr(done_, at - done_)).append(with);
    done_ = at + slice.size();
  }
  // Behind the last replace().
  void finish() {
    if (done_ == 0) return;
    copy_.append(original_.substr(done_));
    const std::size_t size = copy_.size();
    copy_.append(kJsonPadding, ' ');  // what a cursor needs behind it
    text_ = std::string_view(copy_).substr(0, size);
  }
  void remove() { text_ = {}; }

 private:
  const std::string_view original_;
  std::string_view text_;
  std::string copy_;
  std::size_t done_ = 0;
};

// What the vendor takes of the schema in the object: all: of every schema of its kind. nullptr: it takes what is given.
inline const SchemaRules* schema_rules(const OpenAiLines& form, std::string_view object, const SchemaRules* all) {
  if (all != nullptr || form.strict_schemas == nullptr) return all;
  return field_of(object, "strict") == "true" ? form.strict_schemas : nullptr;
}

}  // namespace br
