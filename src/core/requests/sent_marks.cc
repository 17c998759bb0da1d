#include "core/requests/sent_marks.h"

#include <algorithm>
#include <array>

#include "codec/json_cursor.h"
#include "providers/shared/body_writer.h"

namespace br {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view token, const std::array<std::string_view, N>& names) {
  return std::any_of(names.begin(), names.end(), [token](std::string_view name) { return same_key(token, name); });
}

// In which no mark stands, whatever the fields are called.
constexpr std::array<std::string_view, 9> kText = {
    "input_schema",   "inputSchema",        "schema",    "parameters", "parametersJsonSchema",
    "responseSchema", "responseJsonSchema", "arguments", "args"};
constexpr std::array<std::string_view, 12> kMediaTypes = {"image",        "image_url", "input_image", "document",
                                                          "document_url", "file",      "input_file",  "input_audio",
                                                          "audio_url",    "video",     "video_url",   "image_file"};
// Gemini's parts, and the pictures that Titan and Cohere embed.
constexpr std::array<std::string_view, 6> kMediaFields = {"inlineData", "inline_data", "fileData",
                                                          "file_data",  "inputImage",  "images"};

class MarkFinder {
 public:
  explicit MarkFinder(SentMarks* marks) : marks_(marks) {}

  void look(JsonCursor* cursor) {
    switch (cursor->peek()) {
      case JsonCursor::Kind::object:
        return look_into_object(cursor);
      case JsonCursor::Kind::array:
        if (!cursor->enter_array()) return;
        while (cursor->next_element()) look(cursor);
        return;
      default:
        cursor->skip();
    }
  }

 private:
  void look_into_object(JsonCursor* cursor) {
    bool is_media = false, has_format = false, has_source = false;
    std::string_view key, value;
    if (!cursor->enter_object()) return;
    while (cursor->next_key(&key)) {
      const JsonCursor::Kind kind = cursor->peek();
      has_format = has_format || (same_key(key, "format") && kind == JsonCursor::Kind::string);
      has_source = has_source || (same_key(key, "source") && kind == JsonCursor::Kind::object);
      if (same_key(key, "type") && kind == JsonCursor::Kind::string) {
        if (!cursor->read_string(&value)) return;
        is_media = is_media || is_one_of(value, kMediaTypes);
      } else if ((same_key(key, "cache_control") || same_key(key, "cachePoint")) && kind == JsonCursor::Kind::object) {
        read_cache_control(cursor);
      } else if (is_one_of(key, kText) || (same_key(key, "input") && kind == JsonCursor::Kind::object)) {
        if (!cursor->skip()) return;
      } else {
        is_media = is_media || (is_one_of(key, kMediaFields) && kind != JsonCursor::Kind::string);
        is_media = is_media || (same_key(key, "inputImage") && kind == JsonCursor::Kind::string);
        look(cursor);
      }
    }
    // Bedrock's parts have no type: {"image":{"format":…,"source":…}}.
    if (is_media || (has_format && has_source)) marks_->media += 1;
  }

  void read_cache_control(JsonCursor* cursor) {
    std::string_view key, value;
    marks_->caches = true;
    if (!cursor->enter_object()) return;
    while (cursor->next_key(&key) && cursor->skip(&value))
      marks_->caches_for_an_hour = marks_->caches_for_an_hour || (same_key(key, "ttl") && same_key(value, "1h"));
  }

  SentMarks* marks_;
};

}  // namespace

SentMarks marks_of(std::string_view json) {
  SentMarks marks;
  JsonCursor cursor(json.data(), json.size());
  MarkFinder(&marks).look(&cursor);
  return marks;
}

}  // namespace br
