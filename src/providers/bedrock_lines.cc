#include "providers/bedrock_lines.h"

#include "providers/anthropic_dialect.h"
#include "providers/request_encoder.h"
#include "providers/row_reader.h"

namespace br {
namespace {

using Kind = JsonCursor::Kind;

constexpr std::string_view kVersion = "\"anthropic_version\":\"bedrock-2023-05-31\"";

bool has_field(std::string_view object, std::string_view key_token) {
  if (object.empty()) return false;
  JsonCursor cursor(object.data(), object.size());
  cursor.enter_object();
  std::string_view key, value;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    if (key == key_token) return true;
  }
  return false;
}

// Whether the id names a model of another maker. Profiles and models of one's own have ids that tell nothing.
bool is_foreign(std::string_view model) {
  static constexpr std::string_view kMakers[] = {"amazon.", "meta.",   "mistral.", "cohere.", "ai21.",    "deepseek.",
                                                 "qwen.",   "openai.", "google.",  "nvidia.", "minimax.", "moonshot."};
  if (model.find("anthropic.") != std::string_view::npos) return false;
  for (const std::string_view maker : kMakers) {
    // At the beginning, or behind a region: "us.amazon.nova-lite-v1:0".
    const std::size_t at = model.find(maker);
    if (at == 0 || (at != std::string_view::npos && model[at - 1] == '.')) return true;
  }
  return false;
}

class Encoder : public RequestEncoder {
 public:
  Encoder(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
          std::vector<std::string>* warnings)
      : RequestEncoder("Bedrock", request, options, out, issue, warnings) {}

  bool line();

 private:
  bool check_sources();
  bool claude();
  bool native_body();
};

bool Encoder::line() {
  if (r_.endpoint != Endpoint::chat)
    return refuse(1, "endpoint",
                  "this endpoint is not one of Bedrock's batch inference; use chat, or another provider");
  if (r_.model.empty())
    return refuse(1, "model", "model is missing; a job on Bedrock is for one model; give it beside body");
  return r_.body_json.empty() ? claude() : native_body();
}

bool Encoder::native_body() {
  if (has_field(r_.body_json, "\"model\""))
    return refuse(1, "body.model", "body.model: Bedrock takes no model in a record; give it as model beside body");
  out_->append("{\"recordId\":").append(r_.custom_id_json).append(",\"modelInput\":");
  if (!raw_body()) return false;
  out_->append("}\n");
  return true;
}

bool Encoder::check_sources() {
  for (const Part& part : r_.parts) {
    const bool inside_it = part.source == Source::none || part.source == Source::base64 ||
                           (part.source == Source::url && inside(part.data_json).starts_with("data:"));
    if (!inside_it)
      return refuse(part.column, part.kind == PartKind::image ? "image" : "document",
                    "Bedrock takes images and documents as base64 only; send the bytes");
  }
  return true;
}

// Anthropic's own line, {"custom_id":…,"params":{"model":…,…}}, with another head.
bool Encoder::claude() {
  if (is_foreign(r_.model))
    return refuse(r_.model_column, "model",
                  "the unified fields are mapped for Claude models only (anthropic.claude-…); give this model's own "
                  "record as body");
  if (has_field(r_.provider_kwargs_json, "\"model\""))
    return refuse(1, "provider_kwargs.model", "provider_kwargs.model: a job on Bedrock has one model; use model");
  if (!check_sources()) return false;
  const bool own_version = has_field(r_.provider_kwargs_json, "\"anthropic_version\"");
  out_->append("{\"recordId\":").append(r_.custom_id_json).append(",\"modelInput\":{");
  if (!own_version) out_->append(kVersion);
  const std::size_t at = out_->size();
  if (!encode_anthropic_line(r_, options_, out_, issue_, warnings_)) return false;
  std::size_t head = std::string_view("{\"custom_id\":,\"params\":{\"model\":").size();
  head += r_.custom_id_json.size() + r_.model_json.size();
  out_->erase(at, own_version ? head + 1 : head);
  return true;
}

class BedrockRowReader : public LineRowReader {
 public:
  BedrockRowReader() : LineRowReader("recordId"), message_reader_(make_anthropic_row_reader()) {}

 private:
  void read_fields(JsonCursor* cursor, Row* row) override;
  void judge(Row* row) override;
  void error(JsonCursor* c, Row* row);

  std::unique_ptr<RowReader> message_reader_;
  std::string message_;
  std::string_view output_;
  bool has_error_ = false;
};

void BedrockRowReader::read_fields(JsonCursor* c, Row* row) {
  output_ = {};
  has_error_ = false;
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "recordId")
      string(c, &row->custom_id_json);
    else if (name == "modelOutput" && c->peek() == Kind::object)
      c->skip(&output_);
    else if (name == "error")
      error(c, row);
    else
      skip(c);
  }
}

void BedrockRowReader::error(JsonCursor* c, Row* row) {
  has_error_ = c->peek() != Kind::null;
  if (c->peek() == Kind::string) return string(c, &row->error_message_json);
  if (!enter_object(c)) return;
  std::string_view key;
  std::int64_t status = 0;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "errorMessage") {
      string(c, &row->error_message_json);
    } else if (name == "errorCode" && c->peek() == Kind::number) {
      c->skip(&row->error_code_json);
      JsonCursor again(row->error_code_json.data(), row->error_code_json.size());
      number(&again, &status);
    } else {
      string(c, &row->error_code_json);
    }
  }
  row->http_status = static_cast<int>(status);
}

void BedrockRowReader::judge(Row* row) {
  if (!output_.empty() && !has_error_) {
    const std::string_view id = row->custom_id, id_json = row->custom_id_json;
    message_.assign("{\"custom_id\":").append(id_json).append(",\"result\":{\"type\":\"succeeded\",\"message\":");
    message_.append(output_).append("}}");
    const std::size_t size = message_.size();
    message_.append(kJsonPadding, ' ');
    const bool read = message_reader_->read(message_.data(), size, row);
    row->custom_id = id;
    row->custom_id_json = id_json;
    if (read) return;
  }
  row->status = ResultStatus::errored;
  row->transient = row->http_status == 408 || row->http_status == 429 || row->http_status >= 500;
  row->error_type_json = "\"provider_error\"";
  if (row->error_message_json.empty()) row->error_message_json = "\"the vendor gave no reason\"";
}

}  // namespace

bool encode_bedrock_line(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
                         std::vector<std::string>* warnings) {
  const std::size_t before = out->size();
  Encoder encoder(request, options, out, issue, warnings);
  if (encoder.line()) return true;
  out->resize(before);
  return false;
}

std::unique_ptr<RowReader> make_bedrock_row_reader() { return std::make_unique<BedrockRowReader>(); }

}  // namespace br
