// Many parts that search at once: a few at a time, and one answer for all of them.
#include "core/engine/search_turns.h"

#include <string>
#include <vector>

#include "support/cmocka.h"

namespace {

br::SearchTurns::Part part(int number) { return {"job_" + std::to_string(number), 0}; }

br::HttpResponse answer(int status, const char* body) {
  br::HttpResponse response;
  response.status = status;
  response.body = body;
  return response;
}

void more_than_a_few_parts_wait_for_their_turn(void**) {
  br::SearchTurns turns;
  int begun = 0;
  for (int i = 0; i < 100; ++i) begun += turns.begin(part(i), br::Op::list) ? 1 : 0;
  assert_true(begun > 0 && begun < 100);
  assert_true(turns.begin(part(0), br::Op::list));  // its next page
  assert_false(turns.next().has_value());
  int ended = 0;
  for (int i = 0; i < begun; ++i) turns.end(part(i));
  std::vector<br::SearchTurns::Part> open;
  for (;;) {
    while (const auto turn = turns.next()) open.push_back(turn->part);
    if (open.empty()) break;
    ended += 1;
    turns.end(open.back());
    open.pop_back();
  }
  assert_int_equal(begun + ended, 100);
}

void part_that_gave_up_gets_no_turn(void**) {
  br::SearchTurns turns;
  int i = 0;
  while (turns.begin(part(i), br::Op::list)) ++i;
  turns.end(part(i));
  turns.end(part(0));
  assert_false(turns.next().has_value());
}

void one_call_answers_all_who_ask(void**) {
  br::SharedAnswers shared;
  std::vector<std::string> heard;
  const auto use = [&heard](const br::HttpResponse& response) { heard.push_back(response.body); };
  assert_null(shared.find("a", 0));
  assert_true(shared.ask("a", use));
  assert_false(shared.ask("a", use));
  assert_true(shared.ask("b", use));
  for (const auto& other : shared.answered("a", answer(200, "page"), 10)) other(answer(200, "page"));
  assert_int_equal(heard.size(), 1);
  assert_non_null(shared.find("a", 10));
  assert_string_equal(shared.find("a", 10)->body.c_str(), "page");
  assert_null(shared.find("a", 86'400'000));  // too old to prove anything
  shared.clear();
  assert_null(shared.find("a", 10));
}

void bad_answer_is_not_kept(void**) {
  br::SharedAnswers shared;
  assert_true(shared.ask("a", [](const br::HttpResponse&) {}));
  assert_int_equal(shared.answered("a", answer(503, ""), 10).size(), 0);
  assert_null(shared.find("a", 10));
  assert_true(shared.ask("a", [](const br::HttpResponse&) {}));
}

// A list of large pages without end is no reason to keep all of them.
void kept_answers_are_bounded(void**) {
  br::SharedAnswers shared;
  const std::string page(std::size_t{15} << 20, 'x');
  int kept = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string call = std::to_string(i);
    assert_true(shared.ask(call, [](const br::HttpResponse&) {}));
    (void)shared.answered(call, answer(200, page.c_str()), 10);
    kept += shared.find(call, 10) != nullptr ? 1 : 0;
  }
  assert_int_equal(kept, 2);
  shared.clear();
  (void)shared.answered("again", answer(200, page.c_str()), 10);
  (void)shared.answered("again", answer(200, "small"), 10);  // takes the place of the first
  (void)shared.answered("more", answer(200, page.c_str()), 10);
  (void)shared.answered("most", answer(200, page.c_str()), 10);
  assert_non_null(shared.find("most", 10));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(more_than_a_few_parts_wait_for_their_turn),
                              cmocka_unit_test(part_that_gave_up_gets_no_turn),
                              cmocka_unit_test(one_call_answers_all_who_ask), cmocka_unit_test(bad_answer_is_not_kept),
                              cmocka_unit_test(kept_answers_are_bounded)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
