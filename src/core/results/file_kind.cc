#include "core/results/file_kind.h"

#include <algorithm>
#include <array>

#include "codec/json_read.h"

namespace br {
namespace {

constexpr std::string_view kGiveAnswers = "give the file of answers that the vendor made of it";
constexpr std::string_view kOneObject = "write one JSON object per line: jq -c '.[]' FILE";

// Top-level fields that a line of that kind has; the first row whose fields are all there tells.
struct Form {
  std::array<std::string_view, 2> fields;
  std::string_view seems, advice;
};
constexpr Form kForms[] = {
    {{"job_id", "status"}, "results of batchrouter itself", "they are decoded already"},
    {{"object", "id"}, "an object of a vendor's API, not its rows", "give the file that the vendor's object names"},
    {{"custom_id", "result"}, "result rows of Anthropic", "add --provider anthropic"},
    {{"recordId", "modelOutput"}, "result rows of Bedrock", "add --provider bedrock"},
    {{"recordId", "modelInput"}, "requests in Bedrock's form", kGiveAnswers},
    {{"batch_request_id", "batch_result"}, "result rows of xAI", "add --provider xai"},
    {{"custom_id", "response"}, "result rows of OpenAI or a vendor that took over its API", "add --provider with that vendor's name"},
    {{"request", "response"}, "result rows of Vertex AI", "add --provider vertex"},
    {{"key", "response"}, "result rows of Gemini", "add --provider google"},
    {{"key", "request"}, "requests in Gemini's form", kGiveAnswers},
    {{"custom_id", "request"}, "requests in Vertex AI's form", kGiveAnswers},
    {{"request", "request"}, "requests in Vertex AI's form", kGiveAnswers},
    {{"custom_id", "params"}, "requests in Anthropic's form", kGiveAnswers},
    {{"method", "url"}, "requests in the form of OpenAI's batch files", kGiveAnswers},
    {{"custom_id", "body"}, "requests with raw bodies", kGiveAnswers},
    {{"custom_id", "messages"}, "requests in batchrouter's own form", kGiveAnswers},
    {{"custom_id", "input"}, "requests in batchrouter's own form", kGiveAnswers},
    {{"inlinedResponses", "inlinedResponses"}, "a whole answer of Gemini's API", "write its rows one per line"},
    {{"error", "error"}, "an error that a vendor's API answered", "read its message, and fetch the results again"},
};

FileKind kind_of_object(const Json& line) {
  for (const Form& form : kForms) {
    const bool all = std::all_of(form.fields.begin(), form.fields.end(), [&line](std::string_view field) {
      return line[field].type() != Json::Type::missing;
    });
    if (all) return {std::string(form.seems), std::string(form.advice)};
  }
  return {"JSON without the fields of a result row", "give the file of answers as the vendor made it"};
}

}  // namespace

FileKind file_kind_of(std::string_view first_line) {
  if (first_line.starts_with("\x1f\x8b")) return {"compressed with gzip", "unpack it first: gunzip -c FILE"};
  if (first_line.starts_with("PK\x03\x04")) return {"a zip archive", "unpack it first"};
  if (first_line.starts_with("\xff\xfe") || first_line.starts_with("\xfe\xff") || first_line.find('\0') != std::string_view::npos)
    return {"UTF-16 or binary data", "convert it first: iconv -f UTF-16 -t UTF-8 FILE"};
  const std::size_t begin = first_line.find_first_not_of(" \t");
  const std::string_view text = first_line.substr(std::min(begin, first_line.size()));
  const auto json = Json::parse(text);
  if (json != nullptr && json->is_object()) return kind_of_object(*json);
  if (text.starts_with('[')) return {"one JSON array", std::string(kOneObject)};
  if (text == "{") return {"JSON over several lines", "write one JSON object per line: jq -c . FILE"};
  if (text.starts_with('<')) return {"a web page", "fetch the results again: something else answered for the vendor"};
  if (text.starts_with('{')) return {"damaged JSON", "fetch the file again"};
  return {"no JSON", "give the file of answers as the vendor made it"};
}

}  // namespace br
