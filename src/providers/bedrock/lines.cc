#include "providers/bedrock/lines.h"

#include "providers/anthropic/lines.h"
#include "providers/bedrock/converse.h"
#include "providers/shared/request_encoder.h"
#include "providers/shared/row_reader.h"

namespace br {
namespace {

using Kind = JsonCursor::Kind;

constexpr std::string_view kVersion = "\"bedrock-2023-05-31\"";

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

// Whose body InvokeModel takes for a model.
enum class Family : std::uint8_t { claude, nova, titan_embed, cohere_embed, other };

// Whether the id begins with the name, or has it behind a region: "us.amazon.nova-lite-v1:0", or in an ARN.
bool is_named(std::string_view model, std::string_view name) {
  const std::size_t at = model.find(name);
  return at == 0 || (at != std::string_view::npos && (model[at - 1] == '.' || model[at - 1] == '/'));
}

// Profiles and models of one's own have ids that tell nothing: they are taken for Claude models.
Family family_of(std::string_view model) {
  static constexpr std::string_view kMakers[] = {"amazon.", "meta.",   "mistral.", "cohere.", "ai21.",    "deepseek.",
                                                 "qwen.",   "openai.", "google.",  "nvidia.", "minimax.", "moonshot."};
  static constexpr std::string_view kNovas[] = {"micro", "lite", "pro", "premier", "2-lite", "2-pro"};
  if (model.find("anthropic.") != std::string_view::npos) return Family::claude;
  for (const std::string_view nova : kNovas) {
    if (is_named(model, "amazon.nova-" + std::string(nova) + "-")) return Family::nova;
  }
  if (is_named(model, "amazon.titan-embed-text-")) return Family::titan_embed;
  if (is_named(model, "cohere.embed-english-v3") || is_named(model, "cohere.embed-multilingual-v3"))
    return Family::cohere_embed;
  for (const std::string_view maker : kMakers) {
    if (is_named(model, maker)) return Family::other;
  }
  return Family::claude;
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
  bool converse(bool nova);
  bool embeddings(Family family);
  bool titan_embed(BodyWriter* w);
  bool cohere_embed(BodyWriter* w);
  bool not_mapped();
};

bool Encoder::line() {
  const bool embeds = r_.endpoint == Endpoint::embeddings;
  if (r_.endpoint != Endpoint::chat && !embeds)
    return refuse(r_.endpoint_column, "endpoint",
                  "this endpoint is not one of Bedrock's batch inference; use chat or embeddings, or another provider");
  if (r_.model.empty())
    return refuse(1, "model", "model is missing; a job on Bedrock is for one model; give it beside body");
  if (!r_.body_json.empty()) return native_body();
  const Family family = family_of(r_.model);
  const bool embedder = family == Family::titan_embed || family == Family::cohere_embed;
  const bool any_model = options_.account != nullptr && options_.account->setting("invocation_type") == "Converse";
  if (embeds) return embedder && !any_model ? embeddings(family) : not_mapped();
  if (any_model) return converse(false);
  if (family == Family::nova) return converse(true);
  return family == Family::claude ? claude() : not_mapped();
}

bool Encoder::not_mapped() {
  if (r_.endpoint == Endpoint::embeddings)
    return refuse(r_.model_column, "model",
                  "embeddings are mapped for the models amazon.titan-embed-text-… and cohere.embed-…-v3, with "
                  "InvokeModel; give this model's own record as body");
  return refuse(r_.model_column, "model",
                "chat is mapped for Claude models (anthropic.claude-…) and Nova models (amazon.nova-…), and with "
                "bedrock.invocation_type = Converse for all that the Converse API serves; set that, or give this "
                "model's own record as body");
}

bool Encoder::converse(bool nova) {
  out_->append("{\"recordId\":").append(r_.custom_id_json).append(",\"modelInput\":");
  if (!encode_converse_body(nova, r_, options_, out_, issue_, warnings_)) return false;
  out_->append("}\n");
  return true;
}

bool Encoder::embeddings(Family family) {
  if (!check_only_input()) return false;
  out_->append("{\"recordId\":").append(r_.custom_id_json).append(",\"modelInput\":");
  BodyWriter w(r_.provider_kwargs_json, out_);
  if (!w.replacement("model").empty())
    return refuse(1, "provider_kwargs.model", "provider_kwargs.model: a job on Bedrock has one model; use model");
  if (!(family == Family::titan_embed ? titan_embed(&w) : cohere_embed(&w))) return false;
  w.end();
  out_->append("}\n");
  return true;
}

bool Encoder::titan_embed(BodyWriter* w) {
  if (!r_.input_json.empty() && r_.input_json.front() != '"')
    return refuse(r_.input_column, "input",
                  "input: Titan on Bedrock embeds one text in a request, no list; make one request of each");
  w->field("inputText", r_.input_json);
  return true;
}

bool Encoder::cohere_embed(BodyWriter* w) {
  constexpr int kMostTexts = 96;
  if (w->replacement("input_type").empty())
    return refuse(1, "provider_kwargs.input_type",
                  "Cohere on Bedrock has to be told what the texts are for; give input_type in provider_kwargs, such as "
                  "search_document or search_query");
  const bool list = !r_.input_json.empty() && r_.input_json.front() == '[';
  if (list && count_strings(r_.input_json) > kMostTexts)
    return refuse(r_.input_column, "input",
                  "input: Cohere on Bedrock takes at most 96 texts in a request; make several");
  if (w->begin("texts")) out_->append(list ? "" : "[").append(r_.input_json).append(list ? "" : "]");
  return true;
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

// Anthropic's own body; the job names the model.
bool Encoder::claude() {
  if (has_field(r_.provider_kwargs_json, "\"model\""))
    return refuse(1, "provider_kwargs.model", "provider_kwargs.model: a job on Bedrock has one model; use model");
  if (!check_sources()) return false;
  out_->append("{\"recordId\":").append(r_.custom_id_json).append(",\"modelInput\":");
  if (!encode_anthropic_body({false, kVersion}, r_, options_, out_, issue_, warnings_)) return false;
  out_->append("}\n");
  return true;
}

class BedrockRowReader : public LineRowReader {
 public:
  BedrockRowReader() : LineRowReader("recordId"), message_reader_(make_anthropic_row_reader()) {}

 private:
  void read_fields(JsonCursor* cursor, Row* row) override;
  void judge(Row* row) override;
  void error(JsonCursor* c, Row* row);
  bool read_embedding(Row* row);

  std::unique_ptr<RowReader> message_reader_;
  ConverseAnswer converse_;
  std::string message_;
  std::string_view output_;
  bool has_error_ = false;
};

void BedrockRowReader::read_fields(JsonCursor* c, Row* row) {
  output_ = {};
  has_error_ = false;
  row->bare = true;
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "modelOutput" || name == "error") row->bare = false;
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

// Titan has one vector, Cohere has one for each text: they stay as they are.
bool BedrockRowReader::read_embedding(Row* row) {
  JsonCursor c(output_.data(), output_.size());
  c.enter_object();
  std::string_view key;
  bool embedded = false;
  while (c.next_key(&key)) {
    const std::string_view name = inside(key);
    embedded = embedded || name == "embedding" || name == "embeddings" || name == "embeddingsByType";
    if (name == "inputTextTokenCount") number(&c, &row->usage.input_tokens);
    else skip(&c);
  }
  if (!embedded) {
    row->usage = {};
    return false;
  }
  row->status = ResultStatus::succeeded;
  row->http_status = 200;
  row->response_json = output_;
  return true;
}

void BedrockRowReader::judge(Row* row) {
  if (!output_.empty() && !has_error_) {
    if (has_field(output_, "\"output\"")) return converse_.read(output_, row);
    if (read_embedding(row)) return;
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
