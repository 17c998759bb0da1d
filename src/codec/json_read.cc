#include "codec/json_read.h"

#include <charconv>
#include <cstdlib>

#include "codec/json_cursor.h"
#include "codec/string_scan.h"
#include "codec/utf8.h"

namespace br {

struct JsonBuilder {
  static bool build(JsonCursor* cursor, const std::string& text, Json* out) {
    std::string_view token;
    const JsonCursor::Kind kind = cursor->peek();
    const std::size_t start = cursor->offset();
    switch (kind) {
      case JsonCursor::Kind::string:
        if (!cursor->read_string(&token)) return false;
        out->type_ = Json::Type::string;
        append_unescaped(token, &out->text_);
        break;
      case JsonCursor::Kind::object:
        out->type_ = Json::Type::object;
        cursor->enter_object();
        while (cursor->next_key(&token)) {
          auto& field = out->fields_.emplace_back();
          append_unescaped(token, &field.first);
          if (!build(cursor, text, &field.second)) return false;
        }
        break;
      case JsonCursor::Kind::array:
        out->type_ = Json::Type::array;
        cursor->enter_array();
        while (cursor->next_element()) {
          if (!build(cursor, text, &out->items_.emplace_back())) return false;
        }
        break;
      default:
        if (!cursor->skip(&token)) return false;
        out->type_ = kind == JsonCursor::Kind::number    ? Json::Type::number
                     : kind == JsonCursor::Kind::boolean ? Json::Type::boolean
                                                         : Json::Type::null;
        out->text_ = token;
    }
    if (cursor->failed()) return false;
    out->raw_ = text.substr(start, cursor->offset() - start);
    return true;
  }
};

std::shared_ptr<const Json> Json::parse(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::string padded(text);
  if (!is_utf8(padded)) padded = repair_utf8(padded);
  const std::size_t size = padded.size();
  padded.append(kJsonPadding, ' ');
  // First without building: a text nested too deeply ends here.
  JsonCursor check(padded.data(), size);
  std::string_view token;
  if (!check.skip(&token) || !check.finish()) return nullptr;
  auto json = std::make_shared<Json>();
  JsonCursor cursor(padded.data(), size);
  if (!JsonBuilder::build(&cursor, padded, json.get())) return nullptr;
  return json;
}

const Json& Json::operator[](std::string_view key) const {
  static const Json missing;
  for (const auto& [name, value] : fields_) {
    if (name == key) return value;
  }
  return missing;
}

std::string Json::string_or(std::string_view fallback) const {
  return type_ == Type::string ? text_ : std::string(fallback);
}

std::optional<std::int64_t> Json::integer() const {
  if (type_ != Type::number && type_ != Type::string) return std::nullopt;
  std::int64_t value = 0;
  const char* end = text_.data() + text_.size();
  const auto [stop, code] = std::from_chars(text_.data(), end, value);
  if (code == std::errc() && stop == end) return value;
  double number = 0;
  const auto [number_stop, number_code] = std::from_chars(text_.data(), end, number);
  if (number_code != std::errc() || number_stop != end || !(number > -9e18 && number < 9e18)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::size_t find_bad_escape(std::string_view token) {
  std::string padded(token);
  padded.append(kJsonPadding, ' ');
  JsonCursor cursor(padded.data(), token.size());
  std::string_view read;
  return cursor.read_string(&read) ? std::string_view::npos : cursor.offset();
}

namespace {

void append_code_point(unsigned code, std::string* out) {
  const auto put = [out](unsigned byte) { out->push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6), put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18), put(0x80 | (code >> 12 & 0x3f)), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  }
}

// `at` is behind the u of a checked \u escape. Returns how many characters it took.
std::size_t append_unicode(std::string_view text, std::size_t at, std::string* out) {
  const auto code = static_cast<unsigned>(hex4(text.data() + at));
  if (code < 0xd800 || code > 0xdfff) {
    append_code_point(code, out);
    return 4;
  }
  const auto low = static_cast<unsigned>(hex4(text.data() + at + 6));
  append_code_point(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00), out);
  return 10;
}

}  // namespace

void append_unescaped(std::string_view token, std::string* out) {
  if (token.size() < 2) return;
  const std::string_view text = token.substr(1, token.size() - 2);
  std::size_t at = 0;
  for (;;) {
    const std::size_t slash = std::min(text.find('\\', at), text.size());
    out->append(text, at, slash - at);
    if (slash == text.size()) return;
    at = slash + 2;
    switch (text[slash + 1]) {
      case 'n':
        out->push_back('\n');
        break;
      case 't':
        out->push_back('\t');
        break;
      case 'r':
        out->push_back('\r');
        break;
      case 'b':
        out->push_back('\b');
        break;
      case 'f':
        out->push_back('\f');
        break;
      case 'u':
        at += append_unicode(text, at, out);
        break;
      default:
        out->push_back(text[slash + 1]);
    }
  }
}

}  // namespace br
