#include "emulator/http/multipart.h"

#include <algorithm>
#include <cstring>

#include "emulator/http/exchange.h"

namespace br::emulator {
namespace {

constexpr size_t kMaxHeadBytes = 16 * 1024;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Cuts the next `;`-separated item off a header value and returns it; a `;` inside quotes does not separate.
std::string_view next_item(std::string_view& rest) {
  bool quoted = false;
  size_t at = 0;
  for (; at < rest.size() && (quoted || rest[at] != ';'); ++at) {
    if (rest[at] == '"') quoted = !quoted;
    if (rest[at] == '\\' && quoted) ++at;
  }
  at = std::min(at, rest.size());
  const std::string_view item = trimmed(rest.substr(0, at));
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return item;
}

std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

// Reads `form-data; name="…"; filename="…"`; false if it is anything else.
bool read_disposition(std::string_view value, PartHead& head) {
  if (!equal_ignoring_case(next_item(value), "form-data")) return false;
  bool named = false;
  while (!value.empty()) {
    const std::string_view item = next_item(value);
    const size_t equals = item.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = item.substr(0, equals);
    const std::string text = unquoted(item.substr(equals + 1));
    if (equal_ignoring_case(key, "name")) {
      head.name = text;
      named = true;
    } else if (equal_ignoring_case(key, "filename")) {
      head.filename = text;
      head.has_filename = true;
    }
  }
  return named;
}

}  // namespace

std::string multipart_boundary(std::string_view content_type) {
  if (!equal_ignoring_case(next_item(content_type), "multipart/form-data")) return {};
  while (!content_type.empty()) {
    const std::string_view item = next_item(content_type);
    const size_t equals = item.find('=');
    if (equals != std::string_view::npos && equal_ignoring_case(item.substr(0, equals), "boundary")) {
      return unquoted(item.substr(equals + 1));
    }
  }
  return {};
}

MultipartParser::MultipartParser(std::string_view boundary, Sink& sink)
    : delimiter_("\r\n--" + std::string(boundary)), sink_(sink) {}

void MultipartParser::feed(std::string_view piece) {
  std::string joined;
  std::string_view in = piece;
  if (!held_.empty()) {
    joined = held_;
    joined.append(piece);
    in = joined;
  }
  size_t used = 0;
  do {
    in.remove_prefix(used);
    switch (state_) {
      case State::kPreamble:
      case State::kData:
        used = consume_data(in);
        break;
      case State::kAfterDelimiter:
        used = consume_after_delimiter(in);
        break;
      case State::kHead:
        used = consume_head(in);
        break;
      case State::kDone:
      case State::kBroken:
        used = in.size();
        break;
    }
  } while (used > 0 && used < in.size());
  held_ = std::string(in.substr(used));
}

// Hands on what is surely no delimiter; returns 0 when more bytes are needed to tell.
size_t MultipartParser::consume_data(std::string_view in) {
  size_t end = 0;
  bool found = false;
  while (end < in.size() && !found) {
    const void* cr = std::memchr(in.data() + end, '\r', in.size() - end);
    if (cr == nullptr) {
      end = in.size();
      break;
    }
    end = static_cast<size_t>(static_cast<const char*>(cr) - in.data());
    const std::string_view here = in.substr(end, delimiter_.size());
    if (here == std::string_view(delimiter_).substr(0, here.size())) {
      if (here.size() < delimiter_.size()) break;
      found = true;
    } else {
      ++end;
    }
  }
  if (state_ == State::kData && end > 0) sink_.part_data(in.substr(0, end));
  if (!found) return end;
  if (state_ == State::kData) sink_.part_end();
  state_ = State::kAfterDelimiter;
  return end + delimiter_.size();
}

size_t MultipartParser::consume_after_delimiter(std::string_view in) {
  if (in.size() < 2) return 0;
  if (in.substr(0, 2) == "--") {
    state_ = State::kDone;
  } else if (in.substr(0, 2) == "\r\n") {
    state_ = State::kHead;
  } else {
    return broken("a boundary is followed by neither a part nor the end");
  }
  return 2;
}

size_t MultipartParser::consume_head(std::string_view in) {
  const size_t end = in.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    return in.size() > kMaxHeadBytes ? broken("the head of a part is too long") : 0;
  }
  PartHead head;
  bool disposition = false;
  std::string_view lines = in.substr(0, end);
  while (!lines.empty()) {
    const size_t eol = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, eol);
    lines.remove_prefix(std::min(eol + 2, lines.size()));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return broken("a header of a part has no colon");
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (equal_ignoring_case(line.substr(0, colon), "content-disposition")) disposition = read_disposition(value, head);
    if (equal_ignoring_case(line.substr(0, colon), "content-type")) head.content_type = std::string(value);
  }
  if (!disposition) return broken("a part has no form-data name");
  sink_.part_begin(head);
  state_ = State::kData;
  return end + 4;
}

size_t MultipartParser::broken(const char* why) {
  problem_ = why;
  state_ = State::kBroken;
  return 1;
}

}  // namespace br::emulator
