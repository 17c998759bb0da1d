// The loop over 64 bytes at a time says of every string what one over single bytes says.
#include "codec/string_scan.h"

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "codec/json_cursor.h"
#include "codec/json_read.h"
#include "support/cmocka.h"

namespace {

// The grammar of RFC 8259 §7, and surrogates in pairs, one byte after another. The place of the closing quote, or npos.
std::size_t close_by_bytes(const std::string& text) {
  const auto hex = [&](std::size_t at) {
    int code = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
      const auto digit =
          i < text.size() ? std::string_view("0123456789abcdef").find(text[i] | 0x20) : std::string::npos;
      if (digit == std::string::npos) return -1;
      code = code * 16 + static_cast<int>(digit);
    }
    return code;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') return at;
    if (static_cast<unsigned char>(text[at]) < 0x20) break;
    if (text[at] != '\\') continue;
    ++at;
    if (at < text.size() && std::string_view("\"\\/bfnrt").find(text[at]) != std::string::npos) continue;
    if (at >= text.size() || text[at] != 'u') break;
    const int code = hex(at + 1);
    if (code < 0 || (code >= 0xdc00 && code <= 0xdfff)) break;
    at += 4;
    if (code < 0xd800 || code > 0xdfff) continue;
    if (text.compare(at + 1, 2, "\\u") != 0 || hex(at + 3) < 0xdc00 || hex(at + 3) > 0xdfff) break;
    at += 6;
  }
  return std::string::npos;
}

using Scan = const char* (*)(const char*, const char*, int*);

// All that this machine can run: the one in use, and those in its place on other machines.
std::vector<Scan> scans() {
  std::vector<Scan> all = {br::escaped_end};
#if defined(__SSE2__)
  all.push_back(br::escaped_end_sse2);
#endif
#if defined(BATCHROUTER_AVX2)
  if (br::has_avx2()) all.push_back(br::escaped_end_avx2);
#endif
  return all;
}

std::size_t close_by_blocks(Scan scan, const std::string& text, int* high) {
  // What stands behind the text must not be taken for a part of it.
  const std::string padded = text + std::string(br::kJsonPadding, '"');
  const char* close = scan(padded.data(), padded.data() + text.size(), high);
  return close == nullptr ? std::string::npos : static_cast<std::size_t>(close - padded.data());
}

std::string random_text(std::mt19937* random) {
  static const std::string kPieces[] = {"a",
                                        "\\\\",
                                        "\\\"",
                                        "\\n",
                                        "\\/",
                                        "\\u00e9",
                                        "\\ud83d\\ude00",
                                        "\\ud83d",
                                        "\\ude00",
                                        "\xc3\xa9",
                                        "\\u12g4",
                                        "\\x",
                                        "\n",
                                        "\"",
                                        "\\",
                                        "plain words between them",
                                        "\\b\\f\\r\\t",
                                        std::string(61, 'b')};
  // Rarely a wrong piece, so that a text often reaches over several blocks.
  static const int kWeights[] = {40, 30, 30, 30, 5, 10, 10, 1, 1, 10, 1, 1, 1, 2, 1, 30, 10, 8};
  std::discrete_distribution<std::size_t> piece(std::begin(kWeights), std::end(kWeights));
  std::string text;
  for (std::size_t count = (*random)() % 60; count > 0; --count) text += kPieces[piece(*random)];
  return text + ((*random)() % 8 != 0 ? "\"" : "");
}

void any_string_ends_where_single_bytes_say(void**) {
  std::mt19937 random(20261126);
  int closed = 0;
  for (int round = 0; round < 200000; ++round) {
    const std::string text = random_text(&random);
    const std::size_t expected = close_by_bytes(text);
    closed += expected != std::string::npos;
    for (const Scan scan : scans()) {
      int high = 0;
      const std::size_t found = close_by_blocks(scan, text, &high);
      if (found != expected) print_message("in <%s>: %zd, not %zd\n", text.c_str(), found, expected);
      assert_true(found == expected);
      // Bytes shortly behind the string may count as well, so only one direction is promised.
      if (found != std::string::npos && text.find('\xc3') < found) assert_int_not_equal(high, 0);
    }
  }
  assert_in_range(closed, 50000, 190000);
}

// A cursor tells the place and the reason, however far into the string.
void a_wrong_byte_far_into_a_string_is_told_with_its_place(void**) {
  for (const std::size_t before : {0, 1, 15, 16, 60, 63, 64, 65, 500}) {
    for (const auto& [wrong, why] : {std::pair("\\x", "no such escape"), std::pair("\x01", "control character"),
                                     std::pair("\\u12", "four hexadecimal"), std::pair("\\udc00", "low surrogate"),
                                     std::pair("\\ud800-", "high surrogate")}) {
      const std::string start = "\"\\n" + std::string(before, 'a'), text = start + wrong + "\"";
      const std::string padded = text + std::string(br::kJsonPadding, '\0');
      br::JsonCursor cursor(padded.data(), text.size());
      std::string_view token;
      assert_false(cursor.read_string(&token));
      assert_non_null(std::strstr(cursor.error(), why));
      assert_int_equal(cursor.offset(), start.size());
    }
  }
}

void a_string_cut_anywhere_has_no_end(void**) {
  const std::string whole =
      "\"tells \\\"what\\\" it \\u00e9 \\ud83d\\ude00 is\\\\, and goes on for more than one block of bytes, it does\"";
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const std::string padded = whole.substr(0, size) + std::string(br::kJsonPadding, '"');
    br::JsonCursor cursor(padded.data(), size);
    std::string_view token;
    assert_false(cursor.read_string(&token));
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(any_string_ends_where_single_bytes_say),
      cmocka_unit_test(a_wrong_byte_far_into_a_string_is_told_with_its_place),
      cmocka_unit_test(a_string_cut_anywhere_has_no_end),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
