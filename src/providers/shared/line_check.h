// What holds for the line of every vendor alike, before its dialect writes it: whose body it has, the endpoint, how
// many texts it embeds.
#pragma once

#include <string_view>

#include "codec/request_reader.h"
#include "model/capability.h"

namespace br {

// Whether the vendor takes the body as it stands; if not, the line has to be translated. A chat in a form that one of
// OpenAI's family does not have is one of its other form.
bool takes_body(const Capability& vendor, const Request& request);

// false: *issue says why the vendor's batches do not take the request. Else request->path is the path of the endpoint
// where it is not the usual one, and request->model is the one that is sent.
bool check_line(const Capability& vendor, Request* request, Issue* issue);

// The texts that a request embeds: strings or lists of tokens, of the unified field or of a raw body.
std::int64_t count_inputs(const Request& request);

}  // namespace br
