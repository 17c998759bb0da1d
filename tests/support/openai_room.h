// A request on its way to an OpenAI line, for tests of what writes a part of it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/json_read.h"
#include "codec/request_reader.h"
#include "providers/openai/part.h"
#include "support/cmocka.h"

namespace br::test {

struct OpenAiRoom {
  // more: the fields of the request beside its id and model; a message where it has none.
  explicit OpenAiRoom(std::string_view more, OpenAiLines vendors = {}) : form(std::move(vendors)) {
    text = R"({"custom_id":"a","model":"m")";
    if (more.find("\"messages\"") == std::string_view::npos) text += R"(,"messages":[{"role":"user","content":"x"}])";
    text.append(more.empty() ? "" : ",").append(more).push_back('}');
    const std::size_t size = text.size();
    text.append(kJsonPadding, ' ');
    if (!reader.read(text.data(), size, &request, &issue)) fail_msg("%s", issue.message.c_str());
  }
  OpenAiRoom(const OpenAiRoom&) = delete;
  OpenAiRoom& operator=(const OpenAiRoom&) = delete;

  OpenAiPart line() { return {form, request, options, &out, &issue, &warnings}; }
  // What write(BodyWriter*) makes of a body that has no other field.
  template <class Write>
  std::string body(Write write) {
    out.clear();
    BodyWriter w(request.provider_kwargs_json, &out);
    write(&w);
    w.end();
    return out;
  }

  const OpenAiLines form;
  std::string text, out;
  RequestReader reader;
  Request request;
  EncodeOptions options;
  Issue issue;
  std::vector<std::string> warnings;
};

// On the endpoint responses.
inline std::string on_responses(const std::string& more) { return R"("endpoint":"responses",)" + more; }

}  // namespace br::test
