// What is wrong is told line by line, each where it stands, all counted, and none hidden by another.
#include "core/requests/wrong_lines.h"

#include <string>
#include <utility>
#include <vector>

#include "support/cmocka.h"
#include "support/fake_files.h"

namespace {

using br::Code;

struct Room {
  explicit Room(std::vector<br::RequestSource> given = {{"a.jsonl", "", ""}}) : sources(std::move(given)) {}
  void add(std::uint64_t row, const std::string& message, const std::string& id = "", std::uint32_t column = 1) {
    lines.add({row, sources[0].name, row}, {column, id, "", message});
  }
  void add_missing(std::uint64_t row, const std::string& name, std::uint32_t column = 0) {
    br::Request request;
    request.custom_id = "r" + std::to_string(row);
    request.provider_column = column;
    lines.add_missing_provider({row, sources[0].name, row}, request, name);
  }
  std::vector<br::RequestSource> sources;
  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
  br::WrongLines lines{&files, sources};
};

// The first source has the ids x and y in its lines, the second x in its second one.
struct Duplicates : Room {
  explicit Duplicates(br::RequestSource second)
      : Room({{"a.jsonl", "", "{\"custom_id\":\"x\"}\n{\"custom_id\":\"y\"}\n"}, std::move(second)}) {}
  // What is told of it.
  std::string told() {
    br::IdTable ids(1);
    std::uint32_t row = 0;
    for (const char* id : {"x", "y", "z", "x"}) ids.add(id, ++row);
    lines.begin_source(0);
    lines.begin_source(2);
    lines.add_duplicates(ids);
    const br::Error error = lines.report();
    assert_int_equal(error.issue_total, 1);
    return error.issues.at(0);
  }
};

void nothing_wrong_is_nothing(void**) {
  Room room;
  assert_false(room.lines.any());
}

void wrong_line_says_file_line_column_id_and_what(void**) {
  Room room;
  room.add(7, "no good", "id-7", 12);
  assert_true(room.lines.any());
  const br::Error error = room.lines.report();
  assert_int_equal(error.code, Code::input);
  assert_string_equal(error.message.c_str(), "1 line is wrong; nothing was sent");
  assert_int_equal(error.issues.size(), 1);
  assert_string_equal(error.issues[0].c_str(), "a.jsonl:7:12: [id-7] no good");
}

void wrong_lines_are_told_in_the_order_of_the_input(void**) {
  Room room;
  for (const std::uint64_t row : {3U, 1U, 2U}) room.add(row, "no good");
  const br::Error error = room.lines.report();
  assert_string_equal(error.message.c_str(), "3 lines are wrong; nothing was sent");
  assert_string_equal(error.issues.at(0).c_str(), "a.jsonl:1:1: no good");
  assert_string_equal(error.issues.at(2).c_str(), "a.jsonl:3:1: no good");
}

void many_wrong_lines_are_counted_and_the_first_hundred_shown(void**) {
  Room room;
  for (std::uint64_t row = 1; row <= 150; ++row) room.add(row, "no good");
  const br::Error error = room.lines.report();
  assert_int_equal(error.issue_total, 150);
  assert_int_equal(error.issues.size(), 100);
  assert_string_equal(error.issues.back().c_str(), "a.jsonl:100:1: no good");
}

// It goes to a terminal.
void id_is_shown_in_one_line_without_control_characters(void**) {
  Room room;
  room.add(1, "no good", "a\n\x1b[2J\x7f\xff");
  const std::string shown = room.lines.report().issues.at(0);
  assert_true(shown.find("[a\\u000a\\u001b[2J\\u007f") != std::string::npos);
  assert_true(shown.find('\xff') == std::string::npos);
}

void long_id_is_cut(void**) {
  Room room;
  room.add(1, "no good", std::string(5000, 'x'));
  assert_true(room.lines.report().issues.at(0).size() < 200);
}

void missing_provider_is_told_once_and_alone_has_a_code_of_its_own(void**) {
  Room room;
  room.add_missing(1, "nobody", 9);
  room.add_missing(2, "nobody");
  const br::Error error = room.lines.report();
  assert_int_equal(error.code, Code::no_provider);
  assert_int_equal(error.issues.size(), 1);
  assert_true(error.issues[0].starts_with("a.jsonl:1:9: [r1] there is no provider \"nobody\"; this build has: "));
  assert_true(error.message.find("\"nobody\"") != std::string::npos);
}

void request_that_names_no_provider_says_how_to_name_one(void**) {
  Room room;
  room.add_missing(1, "");
  const br::Error error = room.lines.report();
  assert_int_equal(error.code, Code::no_provider);
  assert_true(error.issues.at(0).find("names no provider") != std::string::npos);
  assert_true(error.hint.find("--provider") != std::string::npos);
}

// A provider that is not there must not hide that the input has to be corrected.
void missing_provider_among_wrong_lines_is_wrong_input(void**) {
  Room room;
  room.add_missing(1, "nobody");
  room.add(2, "no good");
  const br::Error error = room.lines.report();
  assert_int_equal(error.code, Code::input);
  assert_int_equal(error.issue_total, 2);
}

void id_that_stands_twice_is_told_with_both_its_places(void**) {
  Duplicates room({"b.jsonl", "", "{\"custom_id\":\"z\"}\n{\"n\":1,\"custom_id\": \"x\"}\n"});
  assert_string_equal(room.told().c_str(),
                      "b.jsonl:2:21: the custom_id \"x\" stands on a.jsonl:1 already; ids are unique in a batch; "
                      "change one of them");
}

void last_line_of_a_source_is_not_the_next_ones(void**) {
  Room room({{"a.jsonl", "", "{\"custom_id\":\"x\"}\n{\"custom_id\":\"x\"}\n"}, {"b.jsonl", "", "{\"custom_id\":\"z\"}\n"}});
  br::IdTable ids(1);
  std::uint32_t row = 0;
  for (const char* id : {"x", "x", "z"}) ids.add(id, ++row);
  room.lines.begin_source(0);
  room.lines.begin_source(2);
  room.lines.add_duplicates(ids);
  assert_true(room.lines.report().issues.at(0).starts_with("a.jsonl:2:14: the custom_id \"x\" stands on a.jsonl:1"));
}

void id_of_a_vendors_own_line_is_found_under_its_name(void**) {
  for (const char* name : {"key", "recordId"}) {
    const std::string text = "{}\n{\"" + std::string(name) + "\":\"x\",\"custom_id\":\"other\"}\n";
    Duplicates room({"b.jsonl", "", text});
    assert_true(room.told().find("the custom_id \"x\" stands on a.jsonl:1") != std::string::npos);
  }
}

void id_in_a_file_is_read_from_it_again(void**) {
  Duplicates room({"b.jsonl", "/b.jsonl", ""});
  assert_true(room.files.create("/b.jsonl")->append("{\"custom_id\":\"z\"}\n{\"custom_id\":\"x\"}").ok());
  assert_true(room.told().starts_with("b.jsonl:2:14: the custom_id \"x\" stands on a.jsonl:1"));
}

void id_that_cannot_be_read_again_is_told_by_its_place(void**) {
  for (const char* path : {"-", "/dev/stdin", "/gone.jsonl"}) {
    Duplicates room({"b.jsonl", path, ""});
    assert_true(room.told().starts_with("b.jsonl:2:1: the custom_id stands on a.jsonl:1 already"));
  }
}

void more_duplicates_than_are_shown_are_counted(void**) {
  std::string text;
  br::IdTable ids(1);
  for (std::uint32_t row = 1; row <= 300; ++row) {
    text += "{\"custom_id\":\"x\"}\n";
    ids.add("x", row);
  }
  Room room({{"a.jsonl", "", text}});
  room.lines.begin_source(0);
  room.lines.add_duplicates(ids);
  const br::Error error = room.lines.report();
  assert_int_equal(error.issue_total, 299);
  assert_int_equal(error.issues.size(), 100);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(nothing_wrong_is_nothing),
      cmocka_unit_test(wrong_line_says_file_line_column_id_and_what),
      cmocka_unit_test(wrong_lines_are_told_in_the_order_of_the_input),
      cmocka_unit_test(many_wrong_lines_are_counted_and_the_first_hundred_shown),
      cmocka_unit_test(id_is_shown_in_one_line_without_control_characters),
      cmocka_unit_test(long_id_is_cut),
      cmocka_unit_test(missing_provider_is_told_once_and_alone_has_a_code_of_its_own),
      cmocka_unit_test(request_that_names_no_provider_says_how_to_name_one),
      cmocka_unit_test(missing_provider_among_wrong_lines_is_wrong_input),
      cmocka_unit_test(id_that_stands_twice_is_told_with_both_its_places),
      cmocka_unit_test(last_line_of_a_source_is_not_the_next_ones),
      cmocka_unit_test(id_of_a_vendors_own_line_is_found_under_its_name),
      cmocka_unit_test(id_in_a_file_is_read_from_it_again),
      cmocka_unit_test(id_that_cannot_be_read_again_is_told_by_its_place),
      cmocka_unit_test(more_duplicates_than_are_shown_are_counted),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
