// Fixture files: lines of JSON, compared by value.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_read.h"
#include "sys/file_system.h"

namespace br::test {

// The file's lines without the empty ones; nothing when there is no such file.
inline std::optional<std::vector<std::string>> read_lines(const std::string& path) {
  auto whole = posix_files()->read_whole_file(path, std::size_t{64} << 20);
  if (!whole) return std::nullopt;
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < whole->size();) {
    const std::size_t end = std::min(whole->find('\n', at), whole->size());
    if (end > at) lines.push_back(whole->substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

inline bool same_number(const Json& a, const Json& b) {
  const auto number = [](const Json& json) { return std::strtod(std::string(json.raw()).c_str(), nullptr); };
  return a.raw() == b.raw() || number(a) == number(b);
}

// Equal as JSON values: the order of an object's fields does not count. `where`: the first place that differs.
inline bool same_json(const Json& want, const Json& have, std::string* where, const std::string& path = "$") {
  const auto shown = [](const Json& json) { return json.raw().empty() ? "nothing" : std::string(json.raw()); };
  *where = path + ": want " + shown(want) + ", have " + shown(have);
  if (want.type() != have.type()) return false;
  if (want.type() == Json::Type::string) return want.string() == have.string();
  if (want.type() == Json::Type::number) return same_number(want, have);
  if (want.is_array()) {
    if (want.items().size() != have.items().size()) return false;
    for (std::size_t i = 0; i < want.items().size(); ++i) {
      if (!same_json(want.items()[i], have.items()[i], where, path + "[" + std::to_string(i) + "]")) return false;
    }
    return true;
  }
  if (want.is_object()) {
    if (want.fields().size() != have.fields().size()) {
      for (const auto& [key, value] : have.fields()) {
        if (want[key].type() == Json::Type::missing) *where += "; \"" + std::string(key) + "\" was not expected";
      }
      return false;
    }
    for (const auto& [key, value] : want.fields()) {
      if (!same_json(value, have[key], where, path + "." + std::string(key))) return false;
    }
    return true;
  }
  return want.raw() == have.raw();
}

// A line with the padding that the readers need.
class PaddedLine {
 public:
  explicit PaddedLine(std::string_view text) : text_(text), size_(text.size()) { text_.append(kJsonPadding, ' '); }
  char* data() { return text_.data(); }
  std::size_t size() const { return size_; }

 private:
  std::string text_;
  std::size_t size_;
};

// Counts what went wrong, so that one run shows all of it.
class Report {
 public:
  void wrong(const std::string& text) {
    std::fprintf(stderr, "%s\n", text.c_str());
    ++wrong_;
  }
  bool good() const { return wrong_ == 0; }

 private:
  int wrong_ = 0;
};

}  // namespace br::test
