// The system prompt and the messages, with images and documents.
#include <array>

#include "providers/anthropic/encoder.h"

namespace br {
namespace {

bool takes_media_type(std::string_view type, PartKind kind) {
  if (kind == PartKind::document) return type == "application/pdf";
  static constexpr std::array<std::string_view, 4> kImages = {"image/jpeg", "image/png", "image/gif", "image/webp"};
  for (const std::string_view known : kImages) {
    if (type == known) return true;
  }
  return false;
}

}  // namespace

void AnthropicEncoder::system_prompt(BodyWriter* w) {
  if (r_.system_json.empty() || !w->begin("system")) return;
  if (!r_.system_is_list) {
    out_->append(r_.system_json.front());
    return;
  }
  out_->push_back('[');
  for (std::size_t i = 0; i < r_.system_json.size(); ++i)
    out_->append(i > 0 ? "," : "").append("{\"type\":\"text\",\"text\":").append(r_.system_json[i]).push_back('}');
  out_->push_back(']');
}

bool AnthropicEncoder::messages() {
  out_->push_back('[');
  for (std::size_t i = 0; i < r_.messages.size(); ++i) {
    const Message& message = r_.messages[i];
    if (i > 0) out_->push_back(',');
    out_->append(message.role == Role::user ? "{\"role\":\"user\",\"content\":"
                                            : "{\"role\":\"assistant\",\"content\":");
    if (!content(message)) return false;
    end_message(message);
  }
  out_->push_back(']');
  return true;
}

bool AnthropicEncoder::content(const Message& message) {
  if (message.plain_string) {
    out_->append(r_.parts[message.first_part].text_json);
    return true;
  }
  return part_array(message, [this](const Part& each) { return part(each); });
}

bool AnthropicEncoder::part(const Part& part) {
  switch (part.kind) {
    case PartKind::text:
      out_->append("{\"type\":\"text\",\"text\":").append(part.text_json).push_back('}');
      return true;
    case PartKind::image:
      return file_part(part, "image");
    case PartKind::document:
      return file_part(part, "document");
    case PartKind::audio:
      break;
  }
  return unsupported(part.column, "audio", "takes no audio", "send its transcript, or use another provider");
}

bool AnthropicEncoder::file_part(const Part& part, std::string_view type) {
  const bool image = part.kind == PartKind::image;
  std::string_view media = media_type(part, image ? "image/jpeg" : "application/pdf"), data = inside(part.data_json);
  const bool base64 = part.source == Source::base64 ||
                      (part.source == Source::url && split_data_uri(part.data_json, &media, &data));
  if (base64 && !takes_media_type(media, part.kind))
    return unsupported(part.column, type,
                       image ? "takes jpeg, png, gif and webp, not " + std::string(media)
                             : "takes application/pdf as base64, not " + std::string(media),
                       image ? "convert it" : "send its text");
  out_->append("{\"type\":\"").append(type).append("\",\"source\":{\"type\":");
  if (base64)
    out_->append("\"base64\",\"media_type\":\"").append(media).append("\",\"data\":\"").append(data).append("\"}}");
  else if (part.source == Source::url) out_->append("\"url\",\"url\":").append(part.data_json).append("}}");
  else out_->append("\"file\",\"file_id\":").append(part.data_json).append("}}");
  return true;
}

}  // namespace br
