// OpenAiPart: what writes a part of an OpenAI line stands on: the request, where the line goes to, and how the vendor's
// lines differ. The parts of one line are made as copies of each other.
#pragma once

#include "providers/openai/lines.h"
#include "providers/shared/request_encoder.h"

namespace br {

class OpenAiPart : public RequestEncoder {
 public:
  OpenAiPart(const OpenAiLines& form, const Request& request, const EncodeOptions& options, std::string* out,
             Issue* issue, std::vector<std::string>* warnings)
      : RequestEncoder(form.vendor, request, options, out, issue, warnings), d_(form) {}

 protected:
  bool is_responses() const { return r_.endpoint == Endpoint::responses; }

  const OpenAiLines& d_;
};

}  // namespace br
