#include "emulator/http/multipart.h"

#include <string>
#include <vector>

#include "support/cmocka.h"

namespace {

using br::emulator::MultipartParser;
using br::emulator::PartHead;

struct Part {
  PartHead head;
  std::string data;
  bool ended = false;
};

struct Collect : MultipartParser::Sink {
  void part_begin(const PartHead& head) override { parts.push_back({head, {}, false}); }
  void part_data(std::string_view bytes) override { parts.back().data += bytes; }
  void part_end() override { parts.back().ended = true; }
  std::vector<Part> parts;
};

const char kForm[] =
    "--xy\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
    "--xy\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a;b \\\"c\\\".jsonl\"\r\n"
    "Content-Type: application/jsonl\r\n\r\none\r\n--x\r\n\r\n--xytwo-\r\r\n--xy--\r\n";

void feed_boundary_followed_by_text_is_a_problem(void**) {
  const std::string form(kForm);
  for (size_t size = 1; size <= form.size(); ++size) {
    Collect sink;
    MultipartParser parser("xy", sink);
    for (size_t at = 0; at < form.size(); at += size) parser.feed(std::string_view(form).substr(at, size));
    // "--xy" followed by other bytes than an end or a new line is no delimiter that the format allows.
    assert_false(parser.complete());
    assert_false(parser.problem().empty());
  }
}

void feed_data_with_half_delimiters_keeps_every_byte(void**) {
  std::string form(kForm);
  form.replace(form.find("--xytwo"), 7, "--xztwo");
  for (size_t size = 1; size <= form.size(); ++size) {
    Collect sink;
    MultipartParser parser("xy", sink);
    for (size_t at = 0; at < form.size(); at += size) parser.feed(std::string_view(form).substr(at, size));
    assert_true(parser.complete());
    assert_int_equal(sink.parts.size(), 2);
    assert_string_equal(sink.parts[0].head.name.c_str(), "purpose");
    assert_false(sink.parts[0].head.has_filename);
    assert_string_equal(sink.parts[0].data.c_str(), "batch");
    assert_string_equal(sink.parts[1].head.filename.c_str(), "a;b \"c\".jsonl");
    assert_string_equal(sink.parts[1].head.content_type.c_str(), "application/jsonl");
    assert_string_equal(sink.parts[1].data.c_str(), "one\r\n--x\r\n\r\n--xztwo-\r");
    assert_true(sink.parts[1].ended);
  }
}

void feed_body_without_end_is_not_complete(void**) {
  Collect sink;
  MultipartParser parser("xy", sink);
  parser.feed("--xy\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--xy");
  assert_false(parser.complete());
}

void feed_part_without_name_is_a_problem(void**) {
  Collect sink;
  MultipartParser parser("xy", sink);
  parser.feed("--xy\r\nContent-Type: text/plain\r\n\r\nb\r\n--xy--\r\n");
  assert_false(parser.complete());
  assert_string_equal(parser.problem().c_str(), "a part has no form-data name");
}

void boundary_is_read_from_either_form_of_the_header(void**) {
  assert_string_equal(br::emulator::multipart_boundary("Multipart/Form-Data; boundary=\"a b\"").c_str(), "a b");
  assert_string_equal(br::emulator::multipart_boundary("multipart/form-data;charset=x;boundary=q").c_str(), "q");
  assert_string_equal(br::emulator::multipart_boundary("application/json; boundary=q").c_str(), "");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(feed_boundary_followed_by_text_is_a_problem),
      cmocka_unit_test(feed_data_with_half_delimiters_keeps_every_byte),
      cmocka_unit_test(feed_body_without_end_is_not_complete),
      cmocka_unit_test(feed_part_without_name_is_a_problem),
      cmocka_unit_test(boundary_is_read_from_either_form_of_the_header),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
