// Walks an ids file: one JSON string a line, in the order of the requests.
#pragma once

#include <string>
#include <string_view>

#include "codec/json_read.h"
#include "codec/jsonl.h"
#include "sys/file.h"

namespace br {

inline constexpr std::size_t kMaxIdLine = std::size_t{64} << 20;

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
    const std::string_view token(line.data, line.size);
    if (token.size() < 2) continue;
    std::string_view id = token.substr(1, token.size() - 2);
    if (id.find('\\') != std::string_view::npos) {
      scratch.clear();
      append_unescaped(token, &scratch);
      id = scratch;
    }
    each(id, token);
  }
}

}  // namespace br
