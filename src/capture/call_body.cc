#include "capture/call_body.h"

#include "capture/stream/asked_stream.h"
#include "codec/json_cursor.h"
#include "codec/json_read.h"
#include "codec/utf8.h"

namespace br {

CallBody read_call_body(std::string_view body) {
  CallBody out;
  std::string padded(body);
  padded.append(kJsonPadding, ' ');
  JsonCursor cursor(padded.data(), body.size());
  if (cursor.peek() != JsonCursor::Kind::object || !cursor.enter_object()) return out;
  std::string_view key, value;
  while (cursor.next_key(&key)) {
    if (!cursor.skip(&value)) break;
    std::string name;
    append_unescaped(key, &name);
    if (name != "model" || !value.starts_with('"')) continue;
    out.model.clear();
    append_unescaped(value, &out.model);
  }
  if (!cursor.finish() || cursor.failed() || (cursor.saw_non_ascii() && !is_utf8(body))) return CallBody();
  AskedStream asked;
  out.is_object = true;
  out.batch_body = without_stream(body, &asked);
  out.streams = asked.stream;
  out.include_usage = asked.include_usage;
  return out;
}

}  // namespace br
