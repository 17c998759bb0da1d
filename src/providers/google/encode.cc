#include "codec/json_cursor.h"
#include "providers/google/encoder.h"

namespace br {

bool GoogleEncoder::line() {
  for (const auto& [key, value] : r_.line_fields) {
    if (value.empty() || value == "null") continue;  // custom_id is the key
    return refuse(column_of(key), inside(key),
                  "the field " + std::string(key) + " is not one of Gemini's batch line; it has key and request; remove it");
  }
  out_->append("{\"key\":").append(r_.custom_id_json).append(",\"request\":");
  if (!request()) return false;
  out_->append("}\n");
  return true;
}

bool GoogleEncoder::request() {
  if (r_.model.empty()) return refuse(1, "model", "model is missing; the vendor needs one in the address; add it");
  if (r_.endpoint != Endpoint::chat && r_.endpoint != Endpoint::embeddings)
    return refuse(r_.endpoint_column, "endpoint",
                  "this endpoint is not one of " + std::string(vendor_) + "'s batch API; use chat or embeddings");
  return r_.body_json.empty() ? mapped_body() : raw_body();
}

bool GoogleEncoder::mapped_body() {
  BodyWriter w(r_.provider_kwargs_json, out_);
  if (!check_stream(w.replacement("stream"), "provider_kwargs.stream")) return false;
  if (!(r_.endpoint == Endpoint::chat ? chat(&w) : embeddings(&w))) return false;
  w.end();
  return true;
}

bool GoogleEncoder::embeddings(BodyWriter* w) {
  std::string_view text = r_.input_json;
  if (text.starts_with('[')) {
    if (count_strings(text) != 1)
      return refuse(r_.input_column, "input",
                    "input holds several texts; " + std::string(vendor_) +
                        " embeds one in each request; give every text its own request");
    JsonCursor cursor(text.data(), text.size());
    cursor.enter_array();
    if (cursor.next_element()) cursor.read_string(&text);
  }
  if (w->begin("content")) out_->append("{\"parts\":[{\"text\":").append(text).append("}]}");
  return check_only_input();
}

bool GoogleEncoder::chat(BodyWriter* w) {
  if (!r_.system_json.empty() && w->begin("systemInstruction")) {
    out_->append("{\"parts\":[");
    for (std::size_t i = 0; i < r_.system_json.size(); ++i)
      out_->append(i > 0 ? ",{\"text\":" : "{\"text\":").append(r_.system_json[i]).push_back('}');
    out_->append("]}");
  }
  if (w->begin("contents") && !contents()) return false;
  return generation_config(w) && tools(w) && tool_choice(w);
}

bool GoogleEncoder::contents() {
  out_->push_back('[');
  for (std::size_t i = 0; i < r_.messages.size(); ++i) {
    if (i > 0) out_->push_back(',');
    if (!content(r_.messages[i])) return false;
  }
  out_->push_back(']');
  return true;
}

bool GoogleEncoder::content(const Message& message) {
  out_->append(message.role == Role::user ? "{\"role\":\"user\",\"parts\":" : "{\"role\":\"model\",\"parts\":");
  if (!part_array(message, [this](const Part& each) { return part(each); })) return false;
  end_message(message);
  return true;
}

bool GoogleEncoder::part(const Part& part) {
  if (part.kind == PartKind::text) {
    out_->append("{\"text\":").append(part.text_json).push_back('}');
    return true;
  }
  const char* usual = part.kind == PartKind::image   ? "image/jpeg"
                      : part.kind == PartKind::audio ? "audio/wav"
                                                     : "application/pdf";
  std::string_view media = media_type(part, usual), data = inside(part.data_json);
  if (part.source == Source::base64 || (part.source == Source::url && split_data_uri(part.data_json, &media, &data))) {
    out_->append("{\"inlineData\":{\"mimeType\":\"").append(media).append("\",\"data\":\"").append(data).append("\"}}");
    return true;
  }
  out_->append("{\"fileData\":{");
  if (!part.media_type_json.empty()) out_->append("\"mimeType\":").append(part.media_type_json).push_back(',');
  out_->append("\"fileUri\":").append(part.data_json).append("}}");
  return true;
}

bool encode_google_line(std::string_view vendor, const Request& request, const EncodeOptions& options, std::string* out,
                        Issue* issue, std::vector<std::string>* warnings) {
  const std::size_t before = out->size();
  GoogleEncoder encoder(vendor, request, options, out, issue, warnings);
  if (encoder.line()) return true;
  out->resize(before);
  return false;
}

bool encode_google_body(std::string_view vendor, const Request& request, const EncodeOptions& options, std::string* out,
                        Issue* issue, std::vector<std::string>* warnings) {
  const std::size_t before = out->size();
  GoogleEncoder encoder(vendor, request, options, out, issue, warnings);
  if (encoder.request()) return true;
  out->resize(before);
  return false;
}

}  // namespace br
