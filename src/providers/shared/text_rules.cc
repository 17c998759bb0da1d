#include "providers/shared/text_rules.h"

#include <algorithm>

#include "codec/json_read.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

constexpr std::string_view kBlanks = " \t\n\r\f\v";

}  // namespace

bool is_blank(std::string_view token) {
  const std::string_view text = inside(token);
  if (!text.empty() && text.front() != ' ' && text.front() != '\\') return false;  // as nearly all are
  std::string plain;
  if (text.find('\\') == std::string_view::npos) return text.find_first_not_of(kBlanks) == std::string_view::npos;
  append_unescaped(token, &plain);
  return plain.find_first_not_of(kBlanks) == std::string::npos;
}

bool ends_in_blank(std::string_view token) {
  const std::string_view text = inside(token);
  if (text.find('\\') == std::string_view::npos) return text.ends_with(' ');
  std::string plain;
  append_unescaped(token, &plain);
  return !plain.empty() && kBlanks.find(plain.back()) != std::string_view::npos;
}

bool is_plain_name(std::string_view token, std::size_t most, std::string_view more) {
  const std::string_view name = inside(token);
  return !name.empty() && name.size() <= most && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           more.find(c) != std::string_view::npos;
  });
}

}  // namespace br
