// Walks an ids file: one request a line, in the order of the requests: its custom_id as a JSON string, its number in the
// job and, where another id stands for it on the wire, that one, with blanks between them.
#pragma once

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "codec/json_read.h"
#include "codec/jsonl.h"
#include "sys/file.h"

namespace br {

inline constexpr std::size_t kMaxIdLine = std::size_t{64} << 20;

struct IdEntry {
  std::string_view custom_id;  // unescaped
  std::string_view token;      // the JSON string
  std::string_view wire_id;    // custom_id where nothing stands for it
  std::uint64_t number = 0;    // of the request in the job, from 1
  std::uint64_t offset = 0;    // of the line in the file
};

// Reads one line of the file; scratch holds what had to be unescaped.
inline IdEntry read_id_line(std::string_view line, std::string* scratch) {
  IdEntry entry;
  const std::size_t close = line.rfind('"');
  entry.token = line.substr(0, close + 1);
  entry.custom_id = entry.token.substr(1, entry.token.size() - 2);
  if (entry.custom_id.find('\\') != std::string_view::npos) {
    scratch->clear();
    append_unescaped(entry.token, scratch);
    entry.custom_id = *scratch;
  }
  const char* at = line.data() + close + 2;
  const char* end = line.data() + line.size();
  at = std::from_chars(std::min(at, end), end, entry.number).ptr;
  entry.wire_id = at + 1 < end ? line.substr(static_cast<std::size_t>(at + 1 - line.data())) : entry.custom_id;
  return entry;
}

// each(const IdEntry&)
Result<void> for_each_id(const std::string& ids_path, const auto& each) {
  auto file = File::open_read(ids_path);
  if (!file) return std::move(file.error());
  LineReader lines([&file](char* buffer, std::size_t capacity) { return file->read(buffer, capacity); }, kMaxIdLine);
  Line line;
  std::string scratch;
  for (;;) {
    auto more = lines.next(&line);
    if (!more) return std::move(more.error());
    if (!*more) return {};
    if (line.size < 2) continue;
    IdEntry entry = read_id_line({line.data, line.size}, &scratch);
    entry.offset = line.offset;
    each(entry);
  }
}

}  // namespace br
