#include "codec/utf8.h"

#include <simdjson.h>

#include "codec/string_scan.h"

namespace br {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// Length of the well-formed sequence at the beginning of the text; 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](std::size_t i, unsigned least, unsigned most) {
    return i < text.size() && byte(i) >= least && byte(i) <= most;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1, 0x80, 0xbf) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned least = first == 0xe0 ? 0xa0 : 0x80, most = first == 0xed ? 0x9f : 0xbf;
    return tail(1, least, most) && tail(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned least = first == 0xf0 ? 0x90 : 0x80, most = first == 0xf4 ? 0x8f : 0xbf;
    return tail(1, least, most) && tail(2, 0x80, 0xbf) && tail(3, 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string simdjson_version() {
  return std::to_string(simdjson::SIMDJSON_VERSION_MAJOR) + "." + std::to_string(simdjson::SIMDJSON_VERSION_MINOR) +
         "." + std::to_string(simdjson::SIMDJSON_VERSION_REVISION);
}

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

std::size_t utf8_prefix(std::string_view text) {
  std::size_t good = 0;
  while (good < text.size()) {
    const std::size_t n = sequence_length(text.substr(good));
    if (n == 0) break;
    good += n;
  }
  return good;
}

std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t n = sequence_length(text);
    out.append(n == 0 ? kReplacement : text.substr(0, n));
    text.remove_prefix(n == 0 ? 1 : n);
  }
  return out;
}

std::string repair_json_text(std::string_view text) {
  std::string out = repair_utf8(text);
  for (std::size_t at = out.find('\\'); at != std::string::npos && at + 1 < out.size(); at = out.find('\\', at)) {
    if (out[at + 1] != 'u' || at + 6 > out.size()) {
      at += 2;
      continue;
    }
    const int code = hex4(out.data() + at + 2);
    const bool high = code >= 0xd800 && code <= 0xdbff;
    const bool paired = high && at + 12 <= out.size() && out[at + 6] == '\\' && out[at + 7] == 'u' &&
                        hex4(out.data() + at + 8) >= 0xdc00 && hex4(out.data() + at + 8) <= 0xdfff;
    if (code >= 0xd800 && code <= 0xdfff && !paired) out.replace(at + 2, 4, "fffd");
    at += paired ? 12 : 6;
  }
  return out;
}

}  // namespace br
