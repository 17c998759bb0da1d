#include "codec/json_cursor.h"
#include "providers/google/encoder.h"

namespace br {
namespace {

constexpr std::string_view kModelKey = "\"model\"";  // beside the request, where convert keeps it

}  // namespace

bool GoogleEncoder::line() {
  for (const auto& [key, value] : r_.line_fields) {
    if (value.empty() || value == "null" || key == kModelKey) continue;  // custom_id is the key
    return refuse(column_of(key), inside(key),
                  "the field " + std::string(key) + " is not one of Gemini's batch line; it has key and request; remove it");
  }
  out_->append("{\"key\":").append(r_.custom_id_json).append(",\"request\":");
  if (!request()) return false;
  for (const auto& [key, value] : r_.line_fields) {
    if (key == kModelKey) out_->append(",").append(key).append(":").append(value);
  }
  out_->append("}\n");
  return true;
}

bool GoogleEncoder::request() {
  if (r_.model.empty()) return refuse(1, "model", "model is missing; the vendor needs one in the address; add it");
  if (r_.endpoint != Endpoint::chat && r_.endpoint != Endpoint::embeddings)
    return refuse(r_.endpoint_column, "endpoint",
                  "this endpoint is not one of " + std::string(vendor_) + "'s batch API; use chat or embeddings");
  return r_.body_json.empty() ? mapped_body() : own_body();
}

bool GoogleEncoder::mapped_body() {
  // A schema under one name beside one under another, or a level beside a budget, is refused by the vendor.
  static constexpr FieldNames::Synonyms kSame[] = {{"responseSchema", "responseJsonSchema", "responseFormat"},
                                                    {"thinkingBudget", "thinkingLevel"}};
  static constexpr std::string_view kMerged[] = {"thinkingConfig"};
  BodyWriter w(r_.provider_kwargs_json, out_, {kSame, true, kMerged});
  if (!check_stream(w.replacement("stream"), "provider_kwargs.stream")) return false;
  if (!r_.provider_kwargs_json.empty() && !check_kwargs(w)) return false;
  if (!(r_.endpoint == Endpoint::chat ? chat(&w) : embeddings(&w))) return false;
  w.end();
  return true;
}

bool GoogleEncoder::check_kwargs(const BodyWriter& w) {
  if (const std::string_view model = w.replacement("model"); !model.empty())
    return refuse(column_of(model), "provider_kwargs.model",
                  "provider_kwargs.model: " + std::string(vendor_) +
                      " has the model of a whole batch in the address; name it in the line's model");
  if (r_.endpoint != Endpoint::chat) return true;
  JsonCursor cursor(r_.provider_kwargs_json.data(), r_.provider_kwargs_json.size());
  cursor.enter_object();
  std::string_view key, value;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    GeminiPlaces places;  // of a field's two names the last one given counts
    if (!check_place(&places, key, value, "provider_kwargs.")) return false;
  }
  return true;
}

bool GoogleEncoder::check_place(GeminiPlaces* places, std::string_view key, std::string_view value,
                                const std::string& before) {
  const auto wrong = places->look_at(key, value);
  return !wrong || refuse_place(wrong->value, before + wrong->at, before + wrong->place);
}

bool GoogleEncoder::own_body() {
  GeminiPlaces places;
  const std::string before = r_.form == LineForm::gemini ? "request." : "body.";
  return raw_body(BodyModel::elsewhere, [&](std::string_view key, std::string_view value) {
    return r_.endpoint != Endpoint::chat || check_place(&places, key, value, before);
  });
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
  if (!r_.system.empty() && w->begin("systemInstruction")) {
    out_->append("{\"parts\":[");
    for (std::size_t i = 0; i < r_.system.size(); ++i)
      out_->append(i > 0 ? ",{\"text\":" : "{\"text\":").append(r_.system[i].text_json).push_back('}');
    out_->append("]}");
  }
  if (w->begin("contents") && !contents()) return false;
  return generation_config(w) && tools(w) && tool_choice(w);
}

bool GoogleEncoder::contents() {
  if (!check_no_names() || !check_no_cache("remove it, or give cachedContent in provider_kwargs")) return false;
  out_->push_back('[');
  bool any = false;
  for (std::size_t i = 0, end = 0; i < r_.messages.size(); i = end) {
    const Message& message = r_.messages[i];
    end = turn_end(i, false);
    if (message.role == Role::system || message.role == Role::developer) {
      if (!unsupported(message.column, "role", "takes system texts only in front of the conversation",
                       "move it to the front or into system_prompt, or say it as the user"))
        return false;
      continue;
    }
    if (any) out_->push_back(',');
    any = true;
    if (!content(message, r_.messages[end - 1])) return false;
  }
  out_->push_back(']');
  return true;
}

// One turn: the message, or the results from the first to the last.
bool GoogleEncoder::content(const Message& first, const Message& last) {
  const bool model = first.role == Role::assistant;
  signed_ = false;
  out_->append(model ? "{\"role\":\"model\",\"parts\":" : "{\"role\":\"user\",\"parts\":");
  const std::size_t count = last.first_part + last.part_count - first.first_part;
  if (!part_array(first.first_part, count, [this](const Part& each) { return part(each); })) return false;
  end_message(first);
  return true;
}

bool GoogleEncoder::part(const Part& part) {
  switch (part.kind) {
    case PartKind::text:
      out_->append("{\"text\":").append(part.text_json);
      if (!part.signature_json.empty()) out_->append(",\"thoughtSignature\":").append(part.signature_json);
      out_->push_back('}');
      return true;
    case PartKind::tool_call:
      return function_call(part);
    case PartKind::tool_result:
      return function_response(part);
    case PartKind::thinking:
      return true;  // a vendor's own blocks, which Gemini has not
    default:
      return file_part(part);
  }
}

bool GoogleEncoder::file_part(const Part& part) {
  if (!check_detail(part)) return false;
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
