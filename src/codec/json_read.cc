#include "codec/json_read.h"

#include <charconv>
#include <cstdlib>
#include <deque>

#include "codec/json_cursor.h"
#include "codec/string_scan.h"
#include "codec/utf8.h"

namespace br {

struct Json::Children {
  std::vector<Json> items;
  std::vector<Json::Field> fields;
};

// What the values are slices of.
struct Json::Document {
  std::string text;                   // with kJsonPadding bytes behind it
  std::deque<std::string> unescaped;  // of the strings that have escapes
  Json root;

  std::string_view plain(std::string_view token) {
    if (token.find('\\') == std::string_view::npos) return token.substr(1, token.size() - 2);
    append_unescaped(token, &unescaped.emplace_back());
    return unescaped.back();
  }
};

void Json::FreeChildren::operator()(Children* children) const { delete children; }

namespace {

constexpr std::size_t kMaxChildren = 1'000'000;
constexpr std::size_t kSmallText = 2 * kMaxChildren;  // has not that many, as each takes a byte and a comma

// No array and no object of a checked text has more children than are kept.
bool fits(JsonCursor* cursor) {
  std::string_view key;
  std::size_t count = 0;
  switch (cursor->peek()) {
    case JsonCursor::Kind::object:
      cursor->enter_object();
      while (cursor->next_key(&key)) {
        if (++count > kMaxChildren || !fits(cursor)) return false;
      }
      return true;
    case JsonCursor::Kind::array:
      cursor->enter_array();
      while (cursor->next_element()) {
        if (++count > kMaxChildren || !fits(cursor)) return false;
      }
      return true;
    default:
      return cursor->skip();
  }
}

}  // namespace

Json::Json(Document* document, std::string_view raw) : document_(document), raw_(raw) {
  JsonCursor cursor(raw.data(), raw.size());
  switch (cursor.peek()) {
    case JsonCursor::Kind::string:
      type_ = Type::string;
      text_ = document->plain(raw);
      return;
    case JsonCursor::Kind::object:
      type_ = Type::object;
      return;
    case JsonCursor::Kind::array:
      type_ = Type::array;
      return;
    case JsonCursor::Kind::number:
      type_ = Type::number;
      break;
    case JsonCursor::Kind::boolean:
      type_ = Type::boolean;
      break;
    default:
      type_ = Type::null;
  }
  text_ = raw;
}

const Json::Children* Json::children() const {
  if (children_ != nullptr || (type_ != Type::object && type_ != Type::array)) return children_.get();
  children_.reset(new Children);
  JsonCursor cursor(raw_.data(), raw_.size());
  std::string_view key, value;
  if (type_ == Type::array) {
    cursor.enter_array();
    while (cursor.next_element() && cursor.skip(&value)) children_->items.push_back(Json(document_, value));
  } else {
    cursor.enter_object();
    while (cursor.next_key(&key) && cursor.skip(&value))
      children_->fields.emplace_back(document_->plain(key), Json(document_, value));
  }
  return children_.get();
}

std::shared_ptr<const Json> Json::parse(std::string_view text, std::string* why) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const auto document = std::make_shared<Document>();
  std::string& padded = document->text;
  padded.reserve(text.size() + kJsonPadding);
  padded = text;
  if (!is_utf8(padded)) padded = repair_utf8(padded);
  const std::size_t size = padded.size();
  padded.append(kJsonPadding, ' ');
  JsonCursor check(padded.data(), size);
  std::string_view token;
  if (!check.skip(&token) || !check.finish()) {
    if (why != nullptr) *why = check.failed() ? check.error() : "there is something behind the value";
    return nullptr;
  }
  if (JsonCursor sizes(padded.data(), size); size > kSmallText && !fits(&sizes)) {
    if (why != nullptr) *why = "one of its arrays or objects has more than a million values";
    return nullptr;
  }
  document->root = Json(document.get(), token);
  return {document, &document->root};
}

// Never destroyed, as all that our threads use: they may run while the process exits.
const std::vector<Json>& Json::items() const {
  static const auto* none = new std::vector<Json>;
  const Children* found = children();
  return found == nullptr ? *none : found->items;
}

const std::vector<Json::Field>& Json::fields() const {
  static const auto* none = new std::vector<Field>;
  const Children* found = children();
  return found == nullptr ? *none : found->fields;
}

const Json& Json::operator[](std::string_view key) const {
  static const auto* missing = new Json;
  for (const auto& [name, value] : fields()) {
    if (name == key) return value;
  }
  return *missing;
}

std::string Json::string_or(std::string_view fallback) const {
  return std::string(type_ == Type::string ? text_ : fallback);
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
