#include "codec/file_form.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace br {
namespace {

using std::string_view_literals::operator""sv;

struct Magic {
  std::string_view bytes, what, cure;  // $ in the cure stands for the name of the file
};
constexpr std::array<Magic, 10> kMagics = {{
    {"\x1f\x8b"sv, "is compressed with gzip", "unpack it: gunzip -c $ > lines.jsonl"},
    {"\x28\xb5\x2f\xfd"sv, "is compressed with zstd", "unpack it: zstd -dc $ > lines.jsonl"},
    {"\xfd\x37zXZ\x00"sv, "is compressed with xz", "unpack it: xz -dc $ > lines.jsonl"},
    {"BZh"sv, "is compressed with bzip2", "unpack it: bunzip2 -c $ > lines.jsonl"},
    {"PK\x03\x04"sv, "is a ZIP archive, or an Excel file", "unpack it: unzip -p $ > lines.jsonl"},
    {"PAR1"sv, "is a Parquet file", "write it as JSON lines: duckdb -c \"COPY '$' TO 'lines.jsonl'\""},
    {"\xff\xfe\x00\x00"sv, "is UTF-32 text", "write it as UTF-8: iconv -f UTF-32 -t UTF-8 $ > lines.jsonl"},
    {"\xff\xfe"sv, "is UTF-16 text", "write it as UTF-8: iconv -f UTF-16 -t UTF-8 $ > lines.jsonl"},
    {"\xfe\xff"sv, "is UTF-16 text", "write it as UTF-8: iconv -f UTF-16 -t UTF-8 $ > lines.jsonl"},
    {"SQLite format 3"sv, "is an SQLite database", "write its rows as JSON lines"},
}};

constexpr const char* kCsvCure =
    "make a request of each row: python3 -c 'import csv,json,sys; [print(json.dumps({\"custom_id\":str(i),\"model\":"
    "\"MODEL\",\"messages\":[{\"role\":\"user\",\"content\":r[\"prompt\"]}]})) for i,r in "
    "enumerate(csv.DictReader(open(sys.argv[1])))]' $ > lines.jsonl";

std::string with_name(std::string_view cure, const std::string& name) {
  std::string text(cure);
  const std::size_t at = text.find('$');
  return at == std::string::npos ? text : text.replace(at, 1, name);
}

std::string_view trimmed(std::string_view line) {
  while (!line.empty() && std::string_view(" \t\r").find(line.back()) != std::string_view::npos) line.remove_suffix(1);
  return line;
}

// Without a byte order mark: every second byte of what begins a JSON text is zero.
std::string_view utf16_of(std::string_view head) {
  if (head.size() < 4) return {};
  if (head[0] == '\0' && head[1] != '\0' && head[2] == '\0' && head[3] != '\0') return "UTF-16BE";
  if (head[1] == '\0' && head[0] != '\0' && head[3] == '\0' && head[2] != '\0') return "UTF-16LE";
  return {};
}

// A first line that names columns, and a second one that has as many.
bool is_table(std::string_view first, std::string_view rest) {
  for (const char separator : {',', '\t', ';'}) {
    const auto columns = std::count(first.begin(), first.end(), separator);
    const std::string_view second = rest.substr(0, rest.find('\n'));
    if (columns > 0 && std::count(second.begin(), second.end(), separator) >= columns) return true;
  }
  return false;
}

}  // namespace

FileForm look_at_file(std::string_view head, const std::string& name) {
  for (const Magic& magic : kMagics) {
    if (head.starts_with(magic.bytes)) return {std::string(magic.what), with_name(magic.cure, name)};
  }
  if (const auto form = utf16_of(head); !form.empty())
    return {"is UTF-16 text", "write it as UTF-8: iconv -f " + std::string(form) + " -t UTF-8 " + name + " > lines.jsonl"};
  if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
  const std::size_t start = head.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return {};
  head.remove_prefix(start);
  const std::size_t end = head.find('\n');
  if (head.front() == '[')
    return {"is a JSON array, and not one JSON object a line",
            "write it as lines: jq -c '.[]' " + name + " > lines.jsonl"};
  if (end == std::string_view::npos) return {};
  const std::string_view first = trimmed(head.substr(0, end)), rest = head.substr(end + 1);
  if (head.front() == '{') {
    // No object ends like this: it goes on in the next line.
    const bool goes_on = std::string_view("{[,:").find(first.back()) != std::string_view::npos;
    if (!goes_on || trimmed(rest).empty()) return {};
    return {"is pretty-printed JSON, an object over several lines",
            "write it as lines: jq -c . " + name + " > lines.jsonl"};
  }
  if (is_table(first, rest)) return {"is a table (CSV), and not one JSON object a line", with_name(kCsvCure, name)};
  return {};
}

}  // namespace br
