// Every id that was asked is found again, no other one is, and each result counts once.
#include "core/results/id_ledger.h"

#include <string>

#include "core/results/id_file.h"
#include "support/cmocka.h"
#include "support/fake_files.h"

namespace {

using br::Code;
using br::IdFile;
using br::IdLedger;

struct Room {
  IdFile write(const std::string& lines) {
    br::IdSum sum;
    std::string text;
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t end = lines.find('\n', at);
      sum.add(std::string_view(lines).substr(at, end - at));
      at = end + 1;
    }
    auto file = files.create("/ids");
    assert_true(file.ok() && file->append(lines + sum.last_line() + "\n").ok());
    return {&files, "/ids", -1, ""};
  }
  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
};

void every_id_that_was_asked_is_found_and_no_other(void**) {
  Room room;
  std::string lines;
  constexpr int kIds = 1000;
  for (int i = 0; i < kIds; ++i) lines += "\"id-" + std::to_string(i) + "\" " + std::to_string(i + 1) + "\n";
  auto ledger = IdLedger::load(room.write(lines), 7);
  assert_true(ledger.ok());
  assert_int_equal(ledger->size(), kIds);
  for (int i = 0; i < kIds; ++i) {
    const std::size_t place = ledger->find("id-" + std::to_string(i));
    assert_true(place != IdLedger::kNone && !ledger->seen(place));
    ledger->mark(place);
    ledger->mark(place);
    assert_int_equal(ledger->unseen(), kIds - i - 1);
  }
  for (const char* other : {"", "id-", "id-1000", "ID-1", "id-1 ", "\"id-1\""})
    assert_true(ledger->find(other) == IdLedger::kNone);
  assert_false(ledger->has_wire_ids());
}

void ids_of_every_length_have_their_own_hash(void**) {
  std::string id;
  std::uint64_t before = br::hash_id(id, 7);
  for (int i = 0; i < 40; ++i) {
    id.push_back('\0');
    const std::uint64_t hash = br::hash_id(id, 7);
    assert_true(hash != before && hash != br::hash_id(id, 8));
    before = hash;
  }
  assert_true(br::hash_id("abcdefgh1", 7) != br::hash_id("abcdefgh2", 7));
}

void id_on_the_wire_leads_to_the_callers(void**) {
  Room room;
  const std::string long_id = "\"" + std::string(2000, 'x') + "\"";
  auto ledger = IdLedger::load(room.write("\"first \\u00e4\" 1 w1\n" + long_id + " 2 w2\n"), 7);
  assert_true(ledger.ok() && ledger->has_wire_ids());
  assert_true(ledger->find("first") == IdLedger::kNone);
  std::string token;
  assert_true(*ledger->custom_id_token(ledger->find("w1"), &token));
  assert_string_equal(token.c_str(), "\"first \\u00e4\"");
  ledger->close_file();
  assert_true(*ledger->custom_id_token(ledger->find("w2"), &token));
  assert_true(token == long_id);
}

void id_that_stands_twice_is_damage(void**) {
  Room room;
  const auto ledger = IdLedger::load(room.write("\"a\" 1\n\"b\" 2\n\"a\" 3\n"), 7);
  assert_true(!ledger.ok() && ledger.error().code == Code::store);
}

void damaged_file_is_told(void**) {
  Room room;
  IdFile file = room.write("\"a\" 1\n\"b\" 2\n");
  std::string text = room.files.text("/ids");
  text[1] = 'c';
  assert_true(room.files.create("/ids")->append(text).ok());
  assert_true(IdLedger::load(file, 7).error().code == Code::store);
  file.path = "/missing";
  assert_false(IdLedger::load(file, 7).ok());
}

void line_that_changed_after_it_was_read_is_told(void**) {
  Room room;
  const IdFile file = room.write("\"a\" 1 w1\n\"b\" 2 w2\n");
  auto ledger = IdLedger::load(file, 7);
  assert_true(ledger.ok());
  assert_true(room.files.create("/ids")->append("\"b\" 1 w2\n\"a\" 2 w1\n").ok());
  std::string token;
  const auto found = ledger->custom_id_token(ledger->find("w1"), &token);
  assert_true(!found.ok() && found.error().code == Code::store);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_id_that_was_asked_is_found_and_no_other),
      cmocka_unit_test(ids_of_every_length_have_their_own_hash),
      cmocka_unit_test(id_on_the_wire_leads_to_the_callers),
      cmocka_unit_test(id_that_stands_twice_is_damage),
      cmocka_unit_test(damaged_file_is_told),
      cmocka_unit_test(line_that_changed_after_it_was_read_is_told),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
