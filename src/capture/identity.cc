#include "capture/identity.h"

#include "codec/json_compact.h"
#include "codec/json_cursor.h"
#include "codec/json_read.h"
#include "net/crypto.h"

namespace br {
namespace {

bool is_json(std::string_view body) {
  std::string padded(body);
  padded.append(kJsonPadding, ' ');
  JsonCursor cursor(padded.data(), body.size());
  return cursor.skip() && cursor.finish();
}

// Its length before it: no two lists of texts read the same.
void append_field(std::string_view text, std::string* out) {
  out->append(std::to_string(text.size())).push_back(':');
  out->append(text);
}

}  // namespace

std::string without_blanks(std::string_view body) {
  if (!is_json(body)) return std::string(body);
  std::string out;
  append_compact_json(body, &out);
  return out;
}

std::string identity_of(const IdentityParts& parts) {
  std::string text;
  append_field(parts.account, &text);
  append_field(parts.method, &text);
  append_field(parts.path, &text);
  if (parts.headers != nullptr) {
    for (const auto& [name, value] : *parts.headers) {
      append_field(name, &text);
      append_field(value, &text);
    }
  }
  append_field("", &text);
  append_field(without_blanks(parts.body), &text);
  return sha256(text);
}

}  // namespace br
