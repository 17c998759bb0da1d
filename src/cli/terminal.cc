#include "cli/terminal.h"

#include <array>
#include <cerrno>
#include <cstdint>

namespace cli {
namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t size = 1;
  bool valid = true;
};

Character first_of(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {lead, 1, false};
  std::uint32_t code = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {lead, 1, false};
    code = code << 6U | (byte(i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {lead, 1, false};
  return {code, size, true};
}

// Beside C0: what a terminal acts on, or what changes the order or the lines in which text is seen.
bool is_harmful(std::uint32_t code) {
  return code == 0x7f || (code >= 0x80 && code < 0xa0) || code == 0x61c || code == 0x200e || code == 0x200f ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

std::string escaped(std::string_view text, bool json) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character c = first_of(text);
    const bool control = c.valid && c.code < 0x20 && c.code != '\n' && c.code != '\t';
    if (!c.valid && !json) {
      out += fmt::format("\\x{:02x}", c.code);
    } else if (!c.valid) {
      out += "\\ufffd";
    } else if (is_harmful(c.code) || (control && json)) {
      out += json || c.code > 0xff ? fmt::format("\\u{:04x}", c.code) : fmt::format("\\x{:02x}", c.code);
    } else if (control) {
      out += fmt::format("\\x{:02x}", c.code);
    } else {
      out += text.substr(0, c.size);
    }
    text.remove_prefix(c.size);
  }
  return out;
}

}  // namespace

int flush_output() {
  static int why = 0;
  const bool lost = std::ferror(stdout) != 0;  // what an earlier write could not bring out
  errno = 0;
  if ((std::fflush(stdout) != 0 || lost) && why == 0) why = errno == 0 ? EIO : errno;
  return why;
}

std::string printable(std::string_view text) { return escaped(text, false); }
std::string printable_json(std::string_view json) { return escaped(json, true); }

}  // namespace cli
