// ForeignLine: a request whose line has the body of another vendor than the one that it goes to, made one of that
// vendor's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "codec/line_translator.h"
#include "model/capability.h"
#include "providers/dialect.h"

namespace br {

class ForeignLine {
 public:
  // A body that the vendor takes stays; of any other, *request becomes the unified request that says the same.
  // false: *issue says why it cannot. *request and its line live as long as this one's next call.
  bool translate(const Capability& vendor, const EncodeOptions& options, std::string_view default_model,
                 Request* request, Issue* issue, std::vector<std::string>* warnings);

  // What is found in the request later, put where it stands in the line.
  void settle(Issue* issue) const {
    if (translated_) translator_.settle(issue);
  }
  // The warnings from that one on.
  void settle(std::vector<std::string>* warnings, std::size_t from) const;

 private:
  LineTranslator translator_;
  bool translated_ = false;
  Request as_given_;
};

}  // namespace br
