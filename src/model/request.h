// Request: one unified request as slices of the line it was read from. Nothing is copied: every string_view named
// `..._json` is a checked JSON token of that line (a string with its quotes, a number, an object), ready to be spliced
// into a vendor's line. A Request is reused from line to line, so that reading a million of them allocates nothing.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "model/endpoint.h"

namespace br {

// tool: results of tools alone. system, developer: one that stands behind other messages; those in front are the system
// prompt.
enum class Role : std::uint8_t { user, assistant, tool, system, developer };

enum class PartKind : std::uint8_t { text, image, document, audio, tool_call, tool_result, thinking };

enum class Source : std::uint8_t { none, url, base64, file_uri };

// Whose batch line a request was given as: the unified one, or a vendor's own, whose body is body_json.
enum class LineForm : std::uint8_t {
  unified,    // also {"custom_id","body"}, which is the line of Mistral, Together and Fireworks
  openai,     // {"custom_id","method","url","body"}
  anthropic,  // {"custom_id","params"}
  gemini,     // {"key","request"}, and Vertex AI's {"request",…}
  bedrock     // {"recordId","modelInput"}
};

// One piece of a message's content.
struct Part {
  PartKind kind = PartKind::text;
  Source source = Source::none;
  bool is_error = false;             // tool_result: the tool failed
  std::string_view text_json;        // text: the JSON string; tool_result: its content, where that is a string
  std::string_view media_type_json;  // empty: not given
  // image, document, audio: URL, base64 text or URI as a JSON string. tool_call: the arguments, an object. thinking: the
  // vendor's own block, an object with a type
  std::string_view data_json;
  std::uint32_t column = 0;       // 1-based byte column in the line, for errors
  std::uint32_t inner_count = 0;  // tool_result: so many parts behind it are its content
  std::string_view id_json;       // tool_call; tool_result: of the call that it answers
  std::string_view name_json;     // tool_call; tool_result: of the call that it answers
  std::string_view signature_json;  // text, tool_call: Gemini's thought signature
  std::string_view cache_json;      // cache_control, an object
  std::string_view detail_json;     // image: how closely the model looks at it
};

struct Message {
  Role role = Role::user;
  std::uint32_t first_part = 0;  // into Request::parts
  std::uint32_t part_count = 0;
  bool plain_string = false;  // content was a plain string, not a list of parts
  std::string_view kwargs_json;  // an object of fields that go into the vendor's message; empty: none
  std::string_view name_json;       // who speaks; empty: not given
  std::string_view reasoning_json;  // assistant: its thoughts as a text
  std::uint32_t column = 0;
};

struct SystemText {
  std::string_view text_json;   // a JSON string
  std::string_view cache_json;  // cache_control, an object; empty: not given
};

inline constexpr double kMaxTemperature = 2;

// generation_config; an empty token means "not given". All are range-checked.
struct Generation {
  std::string_view max_tokens, temperature, top_p, top_k, presence_penalty, frequency_penalty;
  std::string_view stop_sequences_json;  // an array of strings
};

struct Request {
  std::string_view line;            // the whole line it was read from
  LineForm form = LineForm::unified;
  std::string_view custom_id_json;  // the JSON string as it stands in the line; empty: a vendor's line without an id
  std::string_view custom_id;       // unescaped; points into the line or into the reader's scratch space
  std::string_view model_json;
  std::string_view model;
  std::string_view provider;  // empty: not given
  Endpoint endpoint = Endpoint::chat;
  std::string_view path;  // the endpoint's path where it is not the usual one of `endpoint`
  std::vector<Message> messages;
  std::vector<Part> parts;
  std::vector<SystemText> system;  // empty: no system prompt
  bool system_is_list = false;
  bool has_tool_turns = false;  // messages hold calls of tools or their results
  Generation generation;
  std::string_view tools_json, tool_choice_json, response_format_json, reasoning_json, seed_json;
  std::string_view input_json;            // embeddings: a string or an array of strings
  std::string_view provider_kwargs_json;  // an object; merged last, wins
  std::string_view body_json;             // a raw vendor body, sent as it is
  std::string_view body_model_json, body_model;  // the model that stands in it
  std::string_view url_json;              // of a vendor's line
  std::vector<std::pair<std::string_view, std::string_view>> line_fields;  // and what else stands in it: key, value
  // Where each top-level field's value begins (1-based byte column), for errors raised later by a provider.
  std::uint32_t model_column = 0, generation_column = 0, tools_column = 0, response_format_column = 0;
  std::uint32_t reasoning_column = 0, system_column = 0, messages_column = 0, seed_column = 0, tool_choice_column = 0;
  std::uint32_t endpoint_column = 0, input_column = 0, provider_column = 0;

  void clear() {
    auto m = std::move(messages);
    auto p = std::move(parts);
    auto s = std::move(system);
    auto f = std::move(line_fields);
    *this = Request{};
    m.clear(), p.clear(), s.clear(), f.clear();
    messages = std::move(m), parts = std::move(p), system = std::move(s), line_fields = std::move(f);
  }
};

}  // namespace br
