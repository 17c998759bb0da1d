// The request and result lines of OpenAI, as every vendor that copied them reads and writes them. A vendor's own file
// holds a table of its differences.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "providers/dialect.h"
#include "providers/schema/schema_rules.h"
#include "providers/shared/body_writer.h"
#include "providers/shared/call_ids.h"

namespace br {

// How a document stands in a chat message.
enum class DocumentForm : std::uint8_t {
  none,
  file,          // OpenAI: {"type":"file","file":{"file_data"|"file_id"}}, no URLs
  document_url,  // Mistral: {"type":"document_url","document_url":URL}, {"type":"file","file_id"}
  file_url,      // xAI: {"type":"file","file":{"url"|"file_id"|"data"}}
};

// How a sound stands in a chat message.
enum class AudioForm : std::uint8_t {
  none,
  data,       // OpenAI: {"type":"input_audio","input_audio":{"data","format"}}
  text,       // Mistral: {"type":"input_audio","input_audio":URL or base64}
  data_or_url // Together, vLLM: as OpenAI, and {"type":"audio_url","audio_url":{"url"}}
};

struct OpenAiLines {
  std::string_view vendor = "OpenAI";
  std::string_view provider = "openai";  // whose rows in the table of models count; empty: none
  bool body_only_lines = false;  // {"custom_id","body"} without method and url
  bool model_in_body = true;     // false: the model stands in the create call only
  BodyModel body_model = BodyModel::in_body;  // of raw bodies
  std::string_view line_url;     // empty: by the endpoint
  std::string_view max_tokens = "max_completion_tokens";
  std::string_view seed = "seed";
  double max_temperature = kMaxTemperature;
  bool top_k = false;
  bool penalties = true;
  int max_stops = 4;  // 0: no limit
  bool image_url = true;
  bool image_detail = true;
  CallIds call_ids = CallIds::any;
  bool named_results = false;     // a tool's message has the name of the function
  std::string_view thoughts;      // the field that takes the assistant's thoughts back; empty: there is none
  bool image_as_string = false;  // "image_url":URL instead of {"url":URL}
  DocumentForm documents = DocumentForm::file;
  AudioForm audio = AudioForm::data;
  bool responses = true;
  bool embeddings = true;
  bool plain_tool_names = false;  // letters, digits, '_' and '-', 64 at most
  const SchemaRules* strict_schemas = nullptr;  // of answers and tools with strict true; nullptr: as they are
  const SchemaRules* answer_schemas = nullptr;  // of all answers
  const SchemaRules* tool_schemas = nullptr;    // of all tools
  std::string_view own_format;  // a type of response_format beside those of OpenAI; "*": any
};

// Where result rows differ from OpenAI's.
struct OpenAiRows {
  bool batch_results = false;       // xAI: {"batch_request_id","batch_result":{"response":{<kind>:body}}|{"error"}}
  bool reasoning_is_extra = false;  // reasoning tokens are not among the completion tokens
};

// Appends the line of the request. See Dialect::encode.
bool encode_openai_line(const OpenAiLines& form, const Request& request, const EncodeOptions& options,
                        std::string* out, Issue* issue, std::vector<std::string>* warnings);

// Rows of the output file and of the error file, of chat completions, responses and embeddings.
std::unique_ptr<RowReader> make_openai_row_reader(const OpenAiRows& rows = {});

}  // namespace br
