#include "providers/vertex/lines.h"

#include <algorithm>
#include <charconv>

#include "providers/google/lines.h"
#include "providers/shared/request_encoder.h"
#include "providers/shared/row_reader.h"

namespace br {
namespace {

using Kind = JsonCursor::Kind;

constexpr std::size_t kMaxLabel = 63;

// The value of an object's field, a slice of `object`; empty where there is none.
std::string_view field_of(std::string_view object, std::string_view key_token) {
  JsonCursor cursor(object.data(), object.size());
  if (cursor.peek() != Kind::object) return {};
  cursor.enter_object();
  std::string_view key, value, found;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    if (key == key_token) found = value;
  }
  return found;
}

class Encoder : public RequestEncoder {
 public:
  Encoder(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
          std::vector<std::string>* warnings)
      : RequestEncoder("Vertex AI", request, options, out, issue, warnings) {}

  bool line();

 private:
  bool own_line();
  bool add_label(std::size_t request_at);
};

bool Encoder::line() {
  if (r_.endpoint != Endpoint::chat)
    return refuse(r_.endpoint_column, "endpoint",
                  "this endpoint is not one of Vertex AI's batch prediction here; use chat, or give another "
                  "provider");
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
  const std::string_view labels = field_of(r_.body_json, "\"labels\"");
  const std::string_view label = labels.starts_with('{') ? field_of(labels, "\"custom_id\"") : std::string_view();
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
  const std::string_view labels = may_have ? field_of(request, "\"labels\"") : std::string_view();
  const bool taken = !labels.empty() && labels.front() == '{' && !field_of(labels, "\"custom_id\"").empty();
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

  std::unique_ptr<RowReader> gemini_;
  std::string line_;
  std::string_view key_, response_, status_;
};

void VertexRowReader::read_fields(JsonCursor* c, Row* row) {
  key_ = response_ = status_ = {};
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "key")
      string(c, &key_);
    else if (name == "status")
      string(c, &status_);
    else if (name == "request")
      request(c, row);
    else if (name == "response" && c->peek() == Kind::object)
      c->skip(&response_);
    else
      skip(c);
  }
  if (row->custom_id_json.empty()) row->custom_id_json = key_;
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

bool VertexRowReader::read_response(Row* row) {
  if (response_.find('"') == std::string_view::npos || inside(status_).find_first_not_of(' ') != std::string_view::npos)
    return false;
  const std::string_view id = row->custom_id, id_json = row->custom_id_json;
  line_.assign("{\"key\":").append(id_json).append(",\"response\":").append(response_).push_back('}');
  const std::size_t size = line_.size();
  line_.append(kJsonPadding, ' ');
  const bool read = gemini_->read(line_.data(), size, row);
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
