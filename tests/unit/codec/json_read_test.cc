// A control answer takes about as much memory as its text, however it is nested; UTF-8 is told from other bytes.
#include "codec/json_read.h"

#include <cstring>
#include <string>

#include "codec/utf8.h"
#include "support/cmocka.h"

namespace {

using br::Json;

std::string nested(int levels, const std::string& inner) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += "{\"a\":";
  text += inner;
  return text.append(static_cast<std::size_t>(levels), '}');
}

void values_are_found_by_name_and_place(void**) {
  const auto json = Json::parse("\xef\xbb\xbf {\"a\":[1,\"t\\u00e9\\n\",null,true,{}],\"k\\u0061\":-2.5,\"e\":{}} ");
  assert_true(json != nullptr);
  const auto& items = (*json)["a"].items();
  assert_int_equal(items.size(), 5);
  assert_int_equal(items[0].integer().value(), 1);
  assert_true(items[1].string() == "t\xc3\xa9\n");
  assert_true(items[1].raw() == "\"t\\u00e9\\n\"");
  assert_true(items[2].type() == Json::Type::null);
  assert_true(items[3].boolean());
  assert_true(items[4].is_object() && items[4].fields().empty());
  assert_int_equal((*json)["ka"].integer().value(), -2);
  assert_true((*json)["a"].raw() == "[1,\"t\\u00e9\\n\",null,true,{}]");
  assert_true((*json)["none"]["deeper"].type() == Json::Type::missing);
  assert_true((*json)["e"]["x"].items().empty());
  assert_int_equal(json->fields().size(), 3);
}

void value_outlives_everything_but_its_document(void**) {
  auto json = Json::parse("{\"a\":{\"b\":\"\\u0078y\"}}");
  const Json& inner = (*json)["a"]["b"];
  const auto kept = json;
  json.reset();
  assert_true(inner.string() == "xy");
}

void raw_text_is_never_copied_per_level(void**) {
  const std::string text = nested(400, "\"" + std::string(1 << 20, 'x') + "\"");
  const auto json = Json::parse(text);
  assert_true(json != nullptr);
  const Json* at = json.get();
  const char* end = at->raw().data() + at->raw().size();
  for (int i = 0; i < 400; ++i) {
    at = &(*at)["a"];
    --end;
    assert_ptr_equal(at->raw().data() + at->raw().size(), end);  // a slice of one buffer
  }
  assert_int_equal(at->string().size(), 1 << 20);
}

void text_nested_too_deeply_or_too_wide_says_so(void**) {
  std::string why;
  assert_true(Json::parse(nested(600, "1"), &why) == nullptr);
  assert_non_null(strstr(why.c_str(), "512"));
  std::string wide = "{\"data\":[0";
  for (int i = 0; i < 1'000'000; ++i) wide += ",0";
  assert_true(Json::parse(wide + "]}", &why) == nullptr);
  assert_non_null(strstr(why.c_str(), "million"));
  assert_true(Json::parse("{} {}", &why) == nullptr);
  assert_true(Json::parse("{\"a\":}", &why) == nullptr);
}

bool is_utf8_by_definition(const std::string& text) { return br::utf8_prefix(text) == text.size(); }

void utf8_is_told_by_blocks_as_by_bytes(void**) {
  const std::string pieces[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                                "\xf4\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xed\xa0\x80", "\xc0\x80", "\xe0\x80\x80",
                                "\xf0\x80\x80\x80", "\x80", "\xbf", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xff", "\xf8"};
  for (std::size_t lead = 0; lead < 40; ++lead) {
    for (const std::string& first : pieces) {
      for (const std::string& second : pieces) {
        const std::string text = std::string(lead, 'x') + first + second;
        assert_int_equal(br::is_utf8(text), is_utf8_by_definition(text));
        assert_int_equal(br::is_utf8(text + "zzzzzzzzzzzzzzzzzz"), is_utf8_by_definition(text + "z"));
      }
    }
  }
  for (unsigned first = 0x80; first < 0x100; ++first) {
    for (unsigned second = 0; second < 0x100; ++second) {
      for (const char* tail : {"", "\x80", "\x80\x80", "\x80\x80\x80"}) {
        const std::string text = std::string("0123456789abcde") + static_cast<char>(first) + static_cast<char>(second) + tail;
        assert_int_equal(br::is_utf8(text), is_utf8_by_definition(text));
      }
    }
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(values_are_found_by_name_and_place),
      cmocka_unit_test(value_outlives_everything_but_its_document),
      cmocka_unit_test(raw_text_is_never_copied_per_level),
      cmocka_unit_test(text_nested_too_deeply_or_too_wide_says_so),
      cmocka_unit_test(utf8_is_told_by_blocks_as_by_bytes),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
