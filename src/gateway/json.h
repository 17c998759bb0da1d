#pragma once

// The gateway's only door to RapidJSON.

#include <rapidjson/document.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace br::gateway::json {

// A string with its quotes. Bytes that are no UTF-8 go through as they are.
inline std::string quoted(std::string_view text) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  return std::string(buffer.GetString(), buffer.GetSize());
}

// Looks for a member of the outermost object and stops there.
class TrueFinder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, TrueFinder> {
 public:
  explicit TrueFinder(std::string_view name) : name_(name) {}
  bool found() const { return found_; }

  bool Default() { return value(false); }
  bool Bool(bool is) { return value(is); }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    here_ = depth_ == 1 && std::string_view(text, size) == name_;
    return true;
  }
  bool StartObject() { return value(false) && ++depth_ > 0; }
  bool EndObject(rapidjson::SizeType) { return --depth_ > 0; }
  bool StartArray() { return value(false) && ++depth_ > 1; }  // an array outermost: no object
  bool EndArray(rapidjson::SizeType) { return --depth_ > 0; }

 private:
  bool value(bool is_true) {
    found_ = here_ && is_true;
    return !here_;
  }

  std::string_view name_;
  int depth_ = 0;
  bool here_ = false;
  bool found_ = false;
};

// Whether the text is an object whose member `name` is true. Reads no further than to that member.
inline bool has_true(std::string_view object, std::string_view name) {
  rapidjson::MemoryStream stream(object.data(), object.size());
  rapidjson::Reader reader;
  TrueFinder finder(name);
  reader.Parse<rapidjson::kParseIterativeFlag>(stream, finder);
  return finder.found();
}

// Members of a text that is an object, or of one inside of it; empty or `missing` where there is none of that type.
class Object {
 public:
  explicit Object(std::string_view text) {
    document_.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
    if (!document_.HasParseError()) value_ = &document_;
  }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  bool is_object() const { return value_ != nullptr && value_->IsObject(); }
  std::string text(const char* name) const {
    const rapidjson::Value* value = member(name);
    return value != nullptr && value->IsString() ? std::string(value->GetString(), value->GetStringLength()) : "";
  }
  int64_t number(const char* name, int64_t missing) const {
    const rapidjson::Value* value = member(name);
    return value != nullptr && value->IsInt64() ? value->GetInt64() : missing;
  }
  double real(const char* name, double missing) const {
    const rapidjson::Value* value = member(name);
    return value != nullptr && value->IsNumber() ? value->GetDouble() : missing;
  }
  bool is_true(const char* name) const {
    const rapidjson::Value* value = member(name);
    return value != nullptr && value->IsTrue();
  }
  // Calls `use` with each item of an array.
  template <typename Use>
  void each(const char* name, Use use) const {
    const rapidjson::Value* value = member(name);
    if (value == nullptr || !value->IsArray()) return;
    for (const rapidjson::Value& item : value->GetArray()) use(Object(&item));
  }

 private:
  explicit Object(const rapidjson::Value* value) : value_(value) {}

  const rapidjson::Value* member(const char* name) const {
    if (!is_object()) return nullptr;
    const auto found = value_->FindMember(name);
    return found == value_->MemberEnd() ? nullptr : &found->value;
  }

  rapidjson::Document document_;
  const rapidjson::Value* value_ = nullptr;  // in document_, or in that of the object around it
};

}  // namespace br::gateway::json
