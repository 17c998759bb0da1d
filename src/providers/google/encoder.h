// GoogleEncoder: one request on its way to a Gemini line. Private to encode.cc, history.cc, generation.cc
// and tools.cc.
#pragma once

#include "providers/google/lines.h"
#include "providers/google/places.h"
#include "providers/shared/request_encoder.h"
#include "providers/shared/unified_fields.h"

namespace br {

// What Vertex AI is called in messages; its bodies are Gemini's, with fewer fields.
inline constexpr std::string_view kVertexTitle = "Vertex AI";

class GoogleEncoder : public RequestEncoder {
 public:
  using RequestEncoder::RequestEncoder;

  bool line();
  bool request();

 private:
  bool mapped_body();
  bool own_body();
  bool check_kwargs(const BodyWriter& w);
  bool check_place(GeminiPlaces* places, std::string_view key, std::string_view value, const std::string& before);
  bool embeddings(BodyWriter* w);
  bool chat(BodyWriter* w);
  bool contents();
  bool content(const Message& first, const Message& last);
  bool part(const Part& part);
  bool file_part(const Part& part);

  // history.cc
  bool function_call(const Part& part);
  bool function_response(const Part& part);
  void call_id(const Part& part);

  // generation.cc
  bool generation_config(BodyWriter* w);
  bool numbers();
  bool seed();
  bool is_plain_text() const;
  bool response_format();
  bool thinking();
  bool budget(std::string_view token);
  bool effort(std::string_view text);
  void config_field(std::string_view name, std::string_view json);

  // tools.cc
  bool tools(BodyWriter* w);
  bool declaration(const Tool& tool, const std::string& at);
  bool parameters(const Tool& tool, const std::string& at);
  bool tool_choice(BodyWriter* w);

  bool first_config_ = true;
  bool signed_ = false;  // the turn has a function call already; only its first needs a signature
};

}  // namespace br
