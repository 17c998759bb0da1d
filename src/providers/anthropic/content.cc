// The system prompt and the messages, with images and documents.
#include <array>

#include "providers/anthropic/encoder.h"
#include "codec/json_compact.h"
#include "providers/shared/call_ids.h"

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

// A block without its signature is refused, and so is one of another vendor.
bool is_own_thinking(std::string_view block) {
  const std::string_view type = field_of(block, "type");
  return type == "\"redacted_thinking\"" || (type == "\"thinking\"" && field_of(block, "signature").size() > 2);
}

}  // namespace

void AnthropicEncoder::system_prompt(BodyWriter* w) {
  if (r_.system.empty() || !w->begin("system")) return;
  if (!r_.system_is_list && r_.system.size() == 1) {
    out_->append(r_.system.front().text_json);
    return;
  }
  out_->push_back('[');
  for (std::size_t i = 0; i < r_.system.size(); ++i) {
    out_->append(i > 0 ? "," : "").append("{\"type\":\"text\",\"text\":").append(r_.system[i].text_json);
    end_block(r_.system[i].cache_json);
  }
  out_->push_back(']');
}

void AnthropicEncoder::end_block(std::string_view cache_json) {
  if (!cache_json.empty()) out_->append(",\"cache_control\":").append(cache_json);
  out_->push_back('}');
}

bool AnthropicEncoder::messages() {
  if (!check_no_names()) return false;
  out_->push_back('[');
  bool any = false;
  for (std::size_t i = 0, end = 0; i < r_.messages.size(); i = end) {
    const Message& message = r_.messages[i];
    end = turn_end(i, true);
    if (message.role == Role::system || message.role == Role::developer) {
      if (!unsupported(message.column, "role", "takes system texts only in front of the conversation",
                       "move it to the front or into system_prompt, or say it as the user"))
        return false;
      continue;
    }
    if (any) out_->push_back(',');
    any = true;
    out_->append(message.role == Role::assistant ? "{\"role\":\"assistant\",\"content\":"
                                                 : "{\"role\":\"user\",\"content\":");
    if (!(message.role == Role::tool ? results(i, end) : content(message))) return false;
    end_message(message);
  }
  out_->push_back(']');
  return true;
}

// The results of one turn stand in one message, before what else is said.
bool AnthropicEncoder::results(std::size_t begin, std::size_t end) {
  const std::size_t first = r_.messages[begin].first_part;
  const Message& last = r_.messages[end - 1];
  return part_array(first, last.first_part + last.part_count - first, [this](const Part& each) { return part(each); });
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
      out_->append("{\"type\":\"text\",\"text\":").append(part.text_json);
      end_block(part.cache_json);
      return true;
    case PartKind::image:
      return file_part(part, "image");
    case PartKind::document:
      return file_part(part, "document");
    case PartKind::audio:
      break;
    case PartKind::tool_call:
      return tool_use(part);
    case PartKind::tool_result:
      return tool_result(part);
    case PartKind::thinking:
      if (is_own_thinking(part.data_json)) out_->append(part.data_json);
      return true;
  }
  return unsupported(part.column, "audio", "takes no audio", "send its transcript, or use another provider");
}

bool AnthropicEncoder::tool_use(const Part& part) {
  if (part.data_json.empty())
    return refuse(part.column, "tool_calls",
                  "the arguments of the tool call hold no JSON object, and Anthropic takes one; correct them");
  out_->append("{\"type\":\"tool_use\",\"id\":");
  append_call_id(CallIds::words, part.id_json, out_);
  out_->append(",\"name\":").append(part.name_json).append(",\"input\":");
  append_compact_json(part.data_json, out_);
  end_block(part.cache_json);
  return true;
}

bool AnthropicEncoder::tool_result(const Part& part) {
  out_->append("{\"type\":\"tool_result\",\"tool_use_id\":");
  append_call_id(CallIds::words, part.id_json, out_);
  out_->append(",\"content\":");
  if (part.inner_count == 0) out_->append(part.text_json);
  else if (!part_array(inner_of(part), part.inner_count, [this](const Part& each) { return this->part(each); }))
    return false;
  if (part.is_error) out_->append(",\"is_error\":true");
  end_block(part.cache_json);
  return true;
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
  if (!check_detail(part)) return false;
  out_->append("{\"type\":\"").append(type).append("\",\"source\":{\"type\":");
  if (base64)
    out_->append("\"base64\",\"media_type\":\"").append(media).append("\",\"data\":\"").append(data).append("\"}");
  else if (part.source == Source::url) out_->append("\"url\",\"url\":").append(part.data_json).append("}");
  else out_->append("\"file\",\"file_id\":").append(part.data_json).append("}");
  end_block(part.cache_json);
  return true;
}

}  // namespace br
