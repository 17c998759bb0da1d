#include "emulator/base/key_forms.h"

#include <cctype>
#include <utility>

namespace br::emulator {
namespace {

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      out += c;
    } else {
      out += {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
    }
  }
  return out;
}

std::string base64_of(std::string_view text) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < text.size(); i += 3) {
    const size_t size = std::min<size_t>(3, text.size() - i);
    unsigned bits = 0;
    for (size_t j = 0; j < 3; ++j) bits = bits << 8 | (j < size ? static_cast<unsigned char>(text[i + j]) : 0U);
    for (size_t j = 0; j < 4; ++j) out += j <= size ? kDigits[bits >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

}  // namespace

std::string key_in_form(std::string_view key, std::string_view form) {
  if (form == "percent") return percent_encoded(key);
  return form == "base64" ? base64_of(key) : std::string(key);
}

std::string with_key(std::string text, std::string_view key) {
  for (const auto& [mark, form] :
       {std::pair("{key}", "plain"), std::pair("{key:percent}", "percent"), std::pair("{key:base64}", "base64")}) {
    const std::string value = key_in_form(key, form);
    for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size())) {
      text.replace(at, std::string_view(mark).size(), value);
    }
  }
  return text;
}

}  // namespace br::emulator
