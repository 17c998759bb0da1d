#include "capture/stream/asked_stream.h"

#include <vector>

#include "codec/json_cursor.h"
#include "codec/json_read.h"

namespace br {
namespace {

// A field of an object, by its offsets in the text.
struct Member {
  std::size_t key, end;
  bool dropped = false;
};

std::string plain_text(std::string_view token) {
  std::string plain;
  append_unescaped(token, &plain);
  return plain;
}

bool wants_usage(std::string_view options) {
  const auto tree = Json::parse(options);
  return tree != nullptr && (*tree)["include_usage"].boolean();
}

// Whether the field is about streaming; where one comes twice the last counts, as with the vendors.
bool take(std::string_view name, std::string_view value, AskedStream* asked) {
  if (name == "stream_options") {
    asked->include_usage = wants_usage(value);
    return true;
  }
  if (name != "stream" || (value != "true" && value != "false" && value != "null")) return false;
  asked->stream = value == "true";
  return true;
}

// The fields of a body; false where it is no JSON object.
bool read_members(JsonCursor* cursor, std::vector<Member>* members, AskedStream* asked) {
  if (!cursor->enter_object()) return false;
  std::string_view key, value;
  while (cursor->next_key(&key)) {
    if (!cursor->skip(&value)) return false;
    const std::size_t end = cursor->offset_of(value) + value.size();
    members->push_back({cursor->offset_of(key), end, take(plain_text(key), value, asked)});
  }
  return cursor->finish();
}

}  // namespace

std::string without_stream(std::string_view body, AskedStream* asked) {
  *asked = {};
  std::string padded(body);
  padded.append(kJsonPadding, ' ');
  JsonCursor cursor(padded.data(), body.size());
  std::vector<Member> members;
  if (!read_members(&cursor, &members, asked)) {
    *asked = {};
    return std::string(body);
  }
  std::string out;
  std::size_t copied = 0;  // of the body, to `out` or not
  bool kept_any = false;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!members[i].dropped) {
      out.append(body, copied, members[i].end - copied);
      kept_any = true;
    } else if (!kept_any) {
      // Nothing stands before it that could end in its comma: what goes is all up to the next field.
      out.append(body, copied, members[i].key - copied);
      copied = i + 1 < members.size() ? members[i + 1].key : members[i].end;
      continue;
    }
    copied = members[i].end;
  }
  return out.append(body, copied);
}

}  // namespace br
