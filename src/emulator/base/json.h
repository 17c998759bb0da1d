#pragma once

// The emulator's only door to RapidJSON. On purpose not the library's reader and writer: a judge that shares code with
// the judged would share its mistakes.

#define RAPIDJSON_HAS_STDSTRING 1
#if defined(__SSE2__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// Its vectors read whole aligned blocks, whatever lies before and behind the text; the sanitizers see that.
#define RAPIDJSON_SSE2
#endif
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace br::emulator::json {

using Value = rapidjson::Value;
using Document = rapidjson::Document;

// Parses a whole text; false if it is not exactly one JSON value.
inline bool parse(std::string_view text, Document& out) {
  out.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag>(text.data(), text.size());
  return !out.HasParseError();
}

// Parses text that ends with a NUL where it lies, for speed: strings in `out` point into it. Does not check UTF-8.
inline bool parse_in_place(char* text, Document& out) {
  out.ParseInsitu(text);
  return !out.HasParseError();
}

// A document parsed again and again without giving its memory back in between.
class Arena {
 public:
  Document& fresh() {
    document_.reset();
    allocator_.Clear();
    return document_.emplace(&allocator_);
  }

 private:
  std::vector<char> buffer_ = std::vector<char>(64 * 1024);
  rapidjson::MemoryPoolAllocator<> allocator_{buffer_.data(), buffer_.size()};
  std::optional<Document> document_;
};

// The member of that name, or null if there is none or `object` is no object.
inline const Value* member(const Value& object, std::string_view name) {
  if (!object.IsObject()) return nullptr;
  for (const auto& entry : object.GetObject()) {
    if (std::string_view(entry.name.GetString(), entry.name.GetStringLength()) == name) return &entry.value;
  }
  return nullptr;
}

inline std::string_view view(const Value& text) { return {text.GetString(), text.GetStringLength()}; }

// The member of that name if it is a string, else empty.
inline std::string_view string_member(const Value& object, std::string_view name) {
  const Value* value = member(object, name);
  return value != nullptr && value->IsString() ? view(*value) : std::string_view();
}

// Writes JSON front to back into a string of its own.
class Writer {
 public:
  Writer() : writer_(buffer_) {}

  Writer& begin_object() { return writer_.StartObject(), *this; }
  Writer& end_object() { return writer_.EndObject(), *this; }
  Writer& begin_array() { return writer_.StartArray(), *this; }
  Writer& end_array() { return writer_.EndArray(), *this; }
  Writer& key(std::string_view name) {
    return writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())), *this;
  }
  Writer& string(std::string_view text) {
    return writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size())), *this;
  }
  Writer& number(int64_t value) { return writer_.Int64(value), *this; }
  Writer& real(double value) { return writer_.Double(value), *this; }
  Writer& boolean(bool value) { return writer_.Bool(value), *this; }
  Writer& null() { return writer_.Null(), *this; }
  // Text that is one JSON value already.
  Writer& raw(std::string_view text) {
    return writer_.RawValue(text.data(), text.size(), rapidjson::kObjectType), *this;
  }
  Writer& value(const Value& value) { return value.Accept(writer_), *this; }

  Writer& field(std::string_view name, std::string_view text) { return key(name).string(text); }
  Writer& field(std::string_view name, const char* text) { return key(name).string(text); }
  Writer& field(std::string_view name, int64_t number_value) { return key(name).number(number_value); }
  Writer& null_field(std::string_view name) { return key(name).null(); }
  // A vendor's nullable field: empty text is null.
  Writer& nullable_field(std::string_view name, std::string_view text) {
    return text.empty() ? null_field(name) : field(name, text);
  }
  // A vendor's nullable time in seconds: 0 is null.
  Writer& nullable_time(std::string_view name, int64_t seconds) {
    return seconds == 0 ? null_field(name) : field(name, seconds);
  }

  std::string_view view() const { return {buffer_.GetString(), buffer_.GetSize()}; }
  std::string str() const { return std::string(view()); }
  // Forgets what was written, keeps the memory.
  void clear() {
    buffer_.Clear();
    writer_.Reset(buffer_);
  }

 private:
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_;
};

}  // namespace br::emulator::json
