// The label that answers are found by, put into lines that already have labels of the caller's or odd ones.
#include "providers/vertex/lines.h"

#include <string>

#include "codec/json_read.h"
#include "support/cmocka.h"

namespace {

// The line; empty where it is refused.
std::string encoded(const std::string& body) {
  const std::string padded = body + std::string(br::kJsonPadding, ' ');
  br::Request request;
  request.custom_id = "row-1";
  request.custom_id_json = "\"row-1\"";
  request.model = "gemini-2.5-flash";
  request.body_json = std::string_view(padded).substr(0, body.size());
  br::Issue issue;
  std::vector<std::string> warnings;
  std::string out;
  if (!br::encode_vertex_line(request, {}, &out, &issue, &warnings)) return {};
  return out;
}

void the_label_joins_those_of_the_caller(void**) {
  for (const char* labels : {"{}", "{ }", "{\"team\":\"a\"}", "{\"a\":\"b\",\"c\":\"d\"}"}) {
    const std::string line = encoded(std::string("{\"contents\":[],\"labels\":") + labels + "}");
    const auto json = br::Json::parse(line);
    assert_non_null(json.get());
    assert_string_equal((*json)["request"]["labels"]["custom_id"].string_or("").c_str(), "row-1");
  }
}

void odd_labels_are_refused_and_read_no_further_than_the_line(void**) {
  for (const char* labels : {"null", "7", "\"x\"", "[]", "{\"custom_id\":\"mine\"}"})
    assert_true(encoded(std::string("{\"contents\":[],\"labels\":") + labels + "}").empty());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_label_joins_those_of_the_caller),
      cmocka_unit_test(odd_labels_are_refused_and_read_no_further_than_the_line),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
