// What is printed for people. A vendor's text may hold anything, so control characters and marks that turn the writing
// direction are shown, never sent to the terminal; newline and tab pass.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>

namespace cli {

// "\x1b" for an escape, "\u202e" for a mark that turns the direction; bytes that are no UTF-8 likewise.
std::string printable(std::string_view text);
// The same for a text that is JSON already and stays valid: such characters stand in its strings only.
std::string printable_json(std::string_view json);

// What waits in standard output's buffer goes out. What could not be written is remembered: 0, or the first errno.
int flush_output();

// To standard output.
template <class... Args>
void put(fmt::format_string<Args...> format, Args&&... args) {
  fmt::print("{}", printable(fmt::format(format, std::forward<Args>(args)...)));
}

// To standard error, as it is. It may be full or closed: then there is nobody to tell, and that stops no work.
inline void tell_text(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stderr) != text.size()) std::clearerr(stderr);
}

// The same, of what may hold anything.
template <class... Args>
void tell(fmt::format_string<Args...> format, Args&&... args) {
  tell_text(printable(fmt::format(format, std::forward<Args>(args)...)));
}

}  // namespace cli
