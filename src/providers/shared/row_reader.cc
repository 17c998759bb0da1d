#include "providers/shared/row_reader.h"

#include <charconv>
#include <cstring>

#include "codec/json_read.h"
#include "codec/utf8.h"
#include "providers/shared/wire.h"

namespace br {

using Kind = JsonCursor::Kind;

void LineRowReader::skip(JsonCursor* c) { c->skip(); }

void LineRowReader::number(JsonCursor* c, std::int64_t* value) {
  std::string_view token;
  if (c->peek() == Kind::string) {
    // Some vendors write 64-bit numbers as text.
    if (!c->read_string(&token)) return;
    token = inside(token);
  } else if (c->peek() != Kind::number) {
    return skip(c);
  } else if (!c->read_number(&token)) {
    return;
  }
  std::from_chars(token.data(), token.data() + token.size(), *value);
}

void LineRowReader::string(JsonCursor* c, std::string_view* token) {
  if (c->peek() != Kind::string) return skip(c);
  c->read_string(token);
}

bool LineRowReader::enter_object(JsonCursor* c) {
  if (c->peek() == Kind::object) return c->enter_object();
  skip(c);
  return false;
}

bool LineRowReader::enter_array(JsonCursor* c) {
  if (c->peek() == Kind::array) return c->enter_array();
  skip(c);
  return false;
}

bool LineRowReader::read(char* line, std::size_t size, Row* row) {
  if (read_checked(line, size, row)) return true;
  // Wrong UTF-8 and lone surrogates take nothing away from an answer that was paid for.
  repaired_ = repair_json_text({line, size});
  const std::size_t repaired_size = repaired_.size();
  const bool changed = repaired_size != size || std::memcmp(repaired_.data(), line, size) != 0;
  repaired_.append(kJsonPadding, ' ');
  if (changed && read_checked(repaired_.data(), repaired_size, row)) return true;
  *row = Row{};
  row->anonymous = anonymous_;
  find_damaged_id(line, size, row);
  return false;
}

void LineRowReader::find_damaged_id(const char* line, std::size_t size, Row* row) const {
  const std::string_view text(line, size);
  const std::string key_token = "\"" + id_field_ + "\"";
  const std::size_t key = text.find(key_token);
  if (key == std::string_view::npos) return;
  const std::size_t open = text.find('"', key + key_token.size());
  if (open == std::string_view::npos || text.find_first_not_of(" \t:", key + key_token.size()) != open) return;
  const std::size_t close = text.find('"', open + 1);
  if (close == std::string_view::npos) return;
  row->custom_id = text.substr(open + 1, close - open - 1);
}

bool LineRowReader::read_checked(const char* line, std::size_t size, Row* row) {
  *row = Row{};
  anonymous_ = false;
  JsonCursor c(line, size);
  if (c.peek() != Kind::object) return false;
  read_fields(&c, row);
  if (c.failed() || !c.finish()) return false;
  if (c.saw_non_ascii() && !is_utf8({line, size})) return false;
  if (row->custom_id_json.size() < 2) {
    anonymous_ = !row->bare;
    if (row->position < 0) return false;
  }
  row->custom_id = inside(row->custom_id_json);
  if (row->custom_id.find('\\') != std::string_view::npos) {
    id_.clear();
    append_unescaped(row->custom_id_json, &id_);
    row->custom_id = id_;
  }
  judge(row);
  return true;
}

void JoinedText::add(std::string_view token) {
  if (text_.empty()) text_.assign("\"");
  else text_.pop_back();
  text_.append(inside(token)).push_back('"');
}

}  // namespace br
