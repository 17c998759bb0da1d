#include "providers/vertex/lines.h"

#include <algorithm>
#include <charconv>

#include "providers/anthropic/lines.h"
#include "providers/google/lines.h"
#include "providers/shared/request_encoder.h"
#include "providers/shared/row_reader.h"

namespace br {
namespace {

using Kind = JsonCursor::Kind;

constexpr std::size_t kMaxLabel = 63;

// Google's guide to batch predictions with Claude models, 2026: the one version there is.
constexpr std::string_view kAnthropicVersion = "\"vertex-2023-10-16\"";

// The value of an object's field, a slice of `object`; empty where there is none. The vendor reads escapes in names, and
// gives them back without.
std::string_view field_of(std::string_view object, std::string_view name) {
  JsonCursor cursor(object.data(), object.size());
  if (cursor.peek() != Kind::object) return {};
  cursor.enter_object();
  std::string_view key, value, found;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    if (same_key(key, name)) found = value;
  }
  return found;
}

// The label that answers are found by, where any `labels` of the request has it: of names that stand twice nobody knows
// which one the vendor takes. Empty: none has.
std::string_view id_label(std::string_view request) {
  JsonCursor cursor(request.data(), request.size());
  if (cursor.peek() != Kind::object) return {};
  cursor.enter_object();
  std::string_view key, value, found;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    if (!same_key(key, "labels")) continue;
    if (const std::string_view label = field_of(value, "custom_id"); !label.empty()) found = label;
  }
  return found;
}

// Whose model it is, where the name says that it is neither Google's nor Anthropic's.
std::string_view other_publisher(std::string_view model) {
  constexpr std::string_view kPublishers = "publishers/";
  const std::size_t at = model.find(kPublishers);
  if (at == std::string_view::npos) return {};
  const std::string_view maker = model.substr(at + kPublishers.size(), model.find('/', at + kPublishers.size()) - at - kPublishers.size());
  return maker == "google" || maker == "anthropic" ? std::string_view() : maker;
}

class Encoder : public RequestEncoder {
 public:
  Encoder(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
          std::vector<std::string>* warnings)
      : RequestEncoder("Vertex AI", request, options, out, issue, warnings) {}

  bool line();

 private:
  bool own_line();
  bool claude_line();
  bool add_label(std::size_t request_at);
};

// {"custom_id","request":Anthropic's body}: the job names the model, the row gives the id back.
bool Encoder::claude_line() {
  const Request& r = r_;
  if (!field_of(r.provider_kwargs_json, "model").empty())
    return refuse(1, "provider_kwargs.model", "provider_kwargs.model: a job on Vertex AI has one model; use model");
  if (!r.body_json.empty() && !field_of(r.body_json, "model").empty())
    return refuse(1, "body.model", "body.model: Vertex AI takes no model in Claude's requests; give it as model beside body");
  out_->append("{\"custom_id\":").append(r.custom_id_json).append(",\"request\":");
  const bool encoded = r.body_json.empty()
                           ? encode_anthropic_body({false, kAnthropicVersion}, r, options_, out_, issue_, warnings_)
                           : raw_body();
  if (!encoded) return false;
  for (const auto& [key, value] : r.line_fields) {
    if (!value.empty()) out_->append(",").append(key).append(":").append(value);
  }
  out_->append("}\n");
  return true;
}

bool Encoder::line() {
  if (r_.endpoint != Endpoint::chat)
    return refuse(r_.endpoint_column, "endpoint",
                  "this endpoint is not one of Vertex AI's batch prediction here; use chat, or give another "
                  "provider");
  if (is_vertex_claude(r_.model)) return claude_line();
  if (const std::string_view maker = other_publisher(r_.model); !maker.empty())
    return refuse(r_.model_column, "model",
                  "models of " + std::string(maker) + " are not mapped to Vertex AI's batches; Gemini and Claude models are");
  out_->append("{\"key\":").append(r_.custom_id_json).append(",\"request\":");
  if (r_.form == LineForm::gemini) return own_line();
  const std::size_t at = out_->size();
  if (!encode_google_body(vendor_, r_, options_, out_, issue_, warnings_) || !add_label(at)) return false;
  out_->append("}\n");
  return true;
}

// A line of the vendor's own: the request stays byte for byte, so the id stands beside it alone, with the other fields of
// the line, which Vertex AI gives back.
bool Encoder::own_line() {
  if (!encode_google_body(vendor_, r_, options_, out_, issue_, warnings_)) return false;
  const std::string_view label = id_label(r_.body_json);
  if (!label.empty() && label != r_.custom_id_json)
    return refuse(1, "labels.custom_id", "labels.custom_id is what the answer is found by, and it is not the id of the "
                                         "line; name your label otherwise");
  for (const auto& [key, value] : r_.line_fields)
    out_->append(",").append(key).append(":").append(value.empty() ? r_.custom_id_json : value);
  out_->append("}\n");
  return true;
}

// The request, an object that ends the text so far, gets "labels":{"custom_id":…}; labels of the caller's stay.
bool Encoder::add_label(std::size_t request_at) {
  const bool may_have = !r_.provider_kwargs_json.empty() || !r_.body_json.empty();
  std::string label = "\"custom_id\":" + std::string(r_.custom_id_json);
  // Read with what a cursor needs behind it; for that the text must not move before the label is in.
  out_->reserve(out_->size() + label.size() + kJsonPadding + 16);
  const std::size_t size = out_->size();
  out_->append(kJsonPadding, ' ');
  const std::string_view request = std::string_view(*out_).substr(request_at, size - request_at);
  const std::string_view labels = may_have ? field_of(request, "labels") : std::string_view();
  const bool taken = may_have && !id_label(request).empty();
  out_->resize(size);
  if (labels.empty() || labels.front() != '{') {
    if (!labels.empty()) return refuse(1, "labels", "labels is no object; Vertex AI takes names with values");
    const bool fresh = request.find_first_not_of(" \t", 1) == request.size() - 1;
    out_->insert(out_->size() - 1, (fresh ? "\"labels\":{" : ",\"labels\":{") + label + "}");
    return true;
  }
  if (taken)
    return refuse(1, "labels.custom_id", "labels.custom_id is what the answer is found by; name your label otherwise");
  if (labels.find_first_not_of(" \t", 1) != labels.size() - 1) label.push_back(',');
  out_->insert(static_cast<std::size_t>(labels.data() - out_->data()) + 1, label);
  return true;
}

class VertexRowReader : public LineRowReader {
 public:
  VertexRowReader() : LineRowReader("custom_id"), gemini_(make_google_row_reader()) {}

 private:
  void read_fields(JsonCursor* cursor, Row* row) override;
  void judge(Row* row) override;
  void request(JsonCursor* c, Row* row);
  bool read_response(Row* row);

  std::unique_ptr<RowReader> gemini_, claude_ = make_anthropic_row_reader();
  std::string line_;
  std::string_view custom_id_, key_, response_, status_;
};

void VertexRowReader::read_fields(JsonCursor* c, Row* row) {
  custom_id_ = key_ = response_ = status_ = {};
  row->bare = true;
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "response" || name == "status" || name == "error") row->bare = false;
    if (name == "key")
      string(c, &key_);
    else if (name == "custom_id")
      string(c, &custom_id_);
    else if (name == "status")
      string(c, &status_);
    else if (name == "request")
      request(c, row);
    else if (name == "response" && c->peek() == Kind::object)
      c->skip(&response_);
    else
      skip(c);
  }
  // Our own rows have the label; what others gave their lines comes back beside the request.
  if (row->custom_id_json.empty()) row->custom_id_json = custom_id_.empty() ? key_ : custom_id_;
}

void VertexRowReader::request(JsonCursor* c, Row* row) {
  if (!enter_object(c)) return;
  std::string_view key;
  while (c->next_key(&key)) {
    if (inside(key) != "labels" || !enter_object(c)) {
      if (inside(key) != "labels") skip(c);
      continue;
    }
    while (c->next_key(&key)) {
      if (inside(key) == "custom_id")
        string(c, &row->custom_id_json);
      else
        skip(c);
    }
  }
}

// The number after "code" in a status such as `Bad Request: {"error":{"code":400,…}}`.
int status_code(std::string_view status) {
  const std::size_t word = status.find("code\\\"");
  if (word == std::string_view::npos) return 0;
  const std::size_t digits = status.find_first_of("0123456789", word);
  int code = 0;
  if (digits != std::string_view::npos) std::from_chars(status.data() + digits, status.data() + status.size(), code);
  return http_status_of_rpc_code(code);
}

// An answer of a Claude model: {"type":"message",…}.
bool is_message(std::string_view response) { return field_of(response, "type") == "\"message\""; }

bool VertexRowReader::read_response(Row* row) {
  if (response_.find('"') == std::string_view::npos || inside(status_).find_first_not_of(' ') != std::string_view::npos)
    return false;
  const std::string_view id = row->custom_id, id_json = row->custom_id_json;
  const bool claude = is_message(response_);
  line_.assign(claude ? "{\"custom_id\":" : "{\"key\":").append(id_json);
  line_.append(claude ? ",\"result\":{\"type\":\"succeeded\",\"message\":" : ",\"response\":").append(response_);
  line_.append(claude ? "}}" : "}");
  const std::size_t size = line_.size();
  line_.append(kJsonPadding, ' ');
  const bool read = (claude ? claude_ : gemini_)->read(line_.data(), size, row);
  row->custom_id = id;
  row->custom_id_json = id_json;
  return read;
}

void VertexRowReader::judge(Row* row) {
  if (read_response(row)) return;
  row->status = ResultStatus::errored;
  row->http_status = status_code(status_);
  row->transient = row->http_status == 408 || row->http_status == 429 || row->http_status >= 500;
  row->error_type_json = "\"provider_error\"";
  row->error_message_json = inside(status_).empty() ? "\"the vendor gave no reason\"" : status_;
}

}  // namespace

bool is_vertex_claude(std::string_view model) {
  return model.starts_with("claude-") || model.find("publishers/anthropic/") != std::string_view::npos;
}

bool is_label_value(std::string_view id) {
  return !id.empty() && id.size() <= kMaxLabel && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool encode_vertex_line(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
                        std::vector<std::string>* warnings) {
  const std::size_t before = out->size();
  Encoder encoder(request, options, out, issue, warnings);
  if (encoder.line()) return true;
  out->resize(before);
  return false;
}

std::unique_ptr<RowReader> make_vertex_row_reader() { return std::make_unique<VertexRowReader>(); }

}  // namespace br
