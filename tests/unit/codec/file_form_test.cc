// A file that is no JSON lines is told by its first bytes; lines that are only wrong are left to their own errors.
#include "codec/file_form.h"

#include <string>

#include "support/cmocka.h"

namespace {

using std::string_literals::operator""s;

void look_file_of_another_form_is_named_with_its_cure(void**) {
  struct Case {
    std::string head;
    const char* what;
    const char* cure;
  };
  const Case cases[] = {
      {"\x1f\x8b\x08"s, "gzip", "gunzip -c in"},
      {"\xff\xfe{\0\"\0"s, "UTF-16", "iconv -f UTF-16 -t UTF-8 in"},
      {"\0{\0\"\0"s, "UTF-16", "UTF-16BE"},
      {"{\0\"\0c\0"s, "UTF-16", "UTF-16LE"},
      {" \n[\n{\"custom_id\":\"a\"}]", "array", "jq -c '.[]' in"},
      {"\xef\xbb\xbf[{}]", "array", "jq"},
      {"{\n  \"custom_id\": \"a\"\n}\n", "pretty-printed", "jq -c . in"},
      {"{\"a\": [\n 1]}", "pretty-printed", "jq -c . in"},
      {"custom_id,prompt\r\na,Hi\r\n", "CSV", "csv.DictReader"},
      {"id\tprompt\na\tHi\n", "CSV", "csv.DictReader"},
      {"PK\x03\x04", "ZIP", "unzip"},
  };
  for (const Case& c : cases) {
    const br::FileForm form = br::look_at_file(c.head, "in");
    if (form.what.find(c.what) == std::string::npos || form.cure.find(c.cure) == std::string::npos)
      fail_msg("%s: \"%s\", \"%s\"", c.what, form.what.c_str(), form.cure.c_str());
  }
}

void look_json_lines_right_or_wrong_are_nothing_else(void**) {
  for (const char* head : {"", "\n\n", "{\"custom_id\":\"a\"}\n{\"custom_id\":\"b\"}\n", "{\"custom_id\":\"a\"", "{\n", "no JSON\n{}\n",
                           "a, b\nno\n", "{\"custom_id\":\"a\"}\n[1]\n"})
    assert_true(br::look_at_file(head, "in").what.empty());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(look_file_of_another_form_is_named_with_its_cure),
      cmocka_unit_test(look_json_lines_right_or_wrong_are_nothing_else),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
