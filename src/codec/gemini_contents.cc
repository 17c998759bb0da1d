#include "codec/gemini_contents.h"

#include <algorithm>

#include "codec/json_write.h"
#include "codec/words.h"

namespace br {
namespace {

constexpr std::string_view kOwnFiles = "https://generativelanguage.googleapis.com/";

// What a part holds; empty: nothing of what parts hold.
struct PartHeld {
  std::string_view text, inline_data, file_data, call, result, thought;
  std::vector<JsonSlice> other;
};

PartHeld read_held(std::string_view part) {
  PartHeld held;
  for (const JsonSlice& member : json_members(part)) {
    if (member.name == "text")
      held.text = member.value;
    else if (is_one_of(member.name, {"inlineData", "inline_data"}))
      held.inline_data = member.value;
    else if (is_one_of(member.name, {"fileData", "file_data"}))
      held.file_data = member.value;
    else if (is_one_of(member.name, {"functionCall", "function_call"}))
      held.call = member.value;
    else if (is_one_of(member.name, {"functionResponse", "function_response"}))
      held.result = member.value;
    else if (member.name == "thought" && member.value == "true")
      held.thought = member.value;
    else if (!is_one_of(member.name, {"thought", "thoughtSignature", "thought_signature"}))
      held.other.push_back(member);
  }
  return held;
}

}  // namespace

std::string_view gemini_member(std::string_view object, std::string_view camel, std::string_view snake) {
  const std::string_view value = json_member(object, camel);
  return value.empty() ? json_member(object, snake) : value;
}

bool gemini_texts(std::string_view content, std::vector<std::string_view>* texts, Untranslatable* fault) {
  if (is_json_string(content)) {
    texts->push_back(content);
    return true;
  }
  const std::string_view parts = json_member(content, "parts");
  auto each = json_elements(parts);
  if (parts.starts_with('{')) each.push_back(parts);
  for (const std::string_view part : each) {
    const std::string_view text = json_member(part, "text");
    if (!is_json_string(text)) {
      *fault = {part, "is no text, and only a text can stand here", false};
      return false;
    }
    texts->push_back(text);
  }
  return true;
}

void GeminiContents::fault(std::string_view value, std::string why, bool droppable) {
  faults_.push_back({value, std::move(why), droppable});
}

void GeminiContents::write(std::string_view contents) {
  out_.own("[");
  if (is_json_string(contents)) {
    out_.own("{\"role\":\"user\",\"content\":").from(contents).own("}");
  } else if (contents.starts_with('{')) {
    turn(contents);
  } else {
    for (const std::string_view content : json_elements(contents)) turn(content);
  }
  out_.own("]");
}

void GeminiContents::next_message() {
  if (any_message_) out_.own(",");
  any_message_ = true;
}

// Results come first, each a message of its own, as every vendor wants them behind their calls.
void GeminiContents::turn(std::string_view content) {
  const std::string role = json_text(json_member(content, "role"));
  if (!is_one_of(role, {"", "user", "model", "function"}))
    return fault(json_member(content, "role"), "is no role of Gemini's, which are user and model");
  const std::string_view given = json_member(content, "parts");
  auto parts = json_elements(given);
  if (given.starts_with('{')) parts.push_back(given);
  std::vector<std::string_view> said;
  for (const std::string_view each : parts) {
    const PartHeld held = read_held(each);
    for (const JsonSlice& member : held.other) {
      const bool hint =
          is_one_of(member.name, {"videoMetadata", "video_metadata", "mediaResolution", "media_resolution"});
      fault(member.value,
            hint ? "is a hint of Gemini's alone" : "is of Gemini's own making, which other vendors do not take", hint);
    }
    if (!held.thought.empty())
      fault(each, "is what Gemini thought, which other vendors do not take", true);
    else if (!held.result.empty())
      result(held.result);
    else
      said.push_back(each);
  }
  if (!said.empty())
    message(role == "model" ? "assistant" : "user", said, content);
  else if (parts.empty())
    fault(content, "has no parts, and says nothing");
}

void GeminiContents::message(std::string_view role, const std::vector<std::string_view>& parts,
                             std::string_view content) {
  next_message();
  out_.mark(content).own("{\"role\":\"").own(role).own("\",\"content\":");
  if (parts.size() == 1 && is_json_string(json_member(parts[0], "text"))) {
    out_.from(json_member(parts[0], "text")).own("}");
    return;
  }
  out_.own("[");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out_.own(",");
    part(parts[i]);
  }
  out_.own("]}");
}

void GeminiContents::part(std::string_view value) {
  const PartHeld held = read_held(value);
  out_.mark(value);
  if (is_json_string(held.text))
    out_.own("{\"type\":\"text\",\"text\":").from(held.text).own("}");
  else if (!held.inline_data.empty())
    inline_data(held.inline_data);
  else if (!held.file_data.empty())
    file_data(held.file_data);
  else if (!held.call.empty())
    call(held.call);
  else if (held.other.empty())
    fault(value, "holds nothing that a part of Gemini's holds");
}

// image, audio or document, by the media type.
bool GeminiContents::media(std::string_view type_json, std::string_view value, std::string* kind) {
  const std::string type = json_text(type_json);
  if (type.starts_with("image/"))
    *kind = "image";
  else if (type.starts_with("audio/"))
    *kind = "audio";
  else if (type == "application/pdf" || type.starts_with("text/"))
    *kind = "document";
  else
    fault(type_json.empty() ? value : type_json,
          "is of a kind that other vendors do not take; images, audio, PDF and texts can be translated");
  return !kind->empty();
}

void GeminiContents::inline_data(std::string_view data) {
  const std::string_view type = gemini_member(data, "mimeType", "mime_type");
  std::string kind;
  if (!media(type, data, &kind)) return;
  out_.own("{\"type\":\"").own(kind).own("\",\"source_type\":\"base64\",\"media_type\":").from(type);
  const std::string_view bytes = json_member(data, "data");
  if (is_json_string(bytes)) out_.own(",\"data\":").from(bytes);
  out_.own("}");
}

void GeminiContents::file_data(std::string_view data) {
  const std::string_view type = gemini_member(data, "mimeType", "mime_type"),
                         uri = gemini_member(data, "fileUri", "file_uri");
  const std::string address = json_text(uri);
  if (address.starts_with(kOwnFiles) || !address.starts_with("http"))
    return fault(uri.empty() ? data : uri,
                 "is a file in Google's storage, which other vendors cannot read; give its bytes as inlineData, or a "
                 "public URL");
  std::string kind;
  if (!media(type, data, &kind)) return;
  out_.own("{\"type\":\"").own(kind).own("\",\"source_type\":\"url\",\"media_type\":").from(type);
  out_.own(",\"data\":").from(uri).own("}");
}

// Gemini may leave out ids; calls and results are then matched by their names and their order.
void GeminiContents::call(std::string_view value) {
  const std::string_view name = json_member(value, "name"), id = json_member(value, "id"),
                         args = json_member(value, "args");
  if (!is_json_string(name)) return fault(value, "is a call without a name");
  const std::string made = "\"call_" + std::to_string(++calls_) + "\"";
  open_.emplace_back(json_text(name), is_json_string(id) ? std::string(id) : made);
  out_.own("{\"type\":\"tool_use\",\"id\":").mark(value).own(open_.back().second).own(",\"name\":").from(name);
  if (!args.empty()) out_.own(",\"input\":").from(args);
  out_.own("}");
}

// {"result":TEXT} is how a text stands in a response, {"error":TEXT} that the tool failed.
void GeminiContents::result(std::string_view value) {
  const std::string_view id = json_member(value, "id"), response = json_member(value, "response");
  const std::string name = json_text(json_member(value, "name"));
  const auto call = std::find_if(open_.begin(), open_.end(), [&](const auto& open) {
    return is_json_string(id) ? open.second == id : open.first == name;
  });
  if (call == open_.end()) return fault(value, "answers a call that no turn before it makes");
  const auto members = json_members(response);
  const bool single = members.size() == 1 && is_json_string(members[0].value);
  const bool failed = single && members[0].name == "error";
  next_message();
  out_.mark(value).own("{\"role\":\"tool\",\"tool_call_id\":").own(call->second).own(",\"content\":");
  open_.erase(call);
  if (failed || (single && members[0].name == "result"))
    out_.from(members[0].value);
  else
    out_.own_string(response.empty() ? "{}" : response);
  out_.own(failed ? ",\"is_error\":true}" : "}");
}

}  // namespace br
