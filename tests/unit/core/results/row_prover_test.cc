// The first rows of a batch tell whether it is ours, however its bytes are cut.
#include "core/results/row_prover.h"

#include <memory>
#include <string>

#include "core/results/id_file.h"
#include "support/cmocka.h"
#include "support/fake_files.h"

namespace {

using br::RowProof;
using br::RowProver;

// A row is its id; "?" is none.
class Reader : public br::RowReader {
 public:
  bool read(char* data, std::size_t size, br::Row* row) override {
    id_.assign(data, size);
    row->custom_id = id_;
    return id_ != "?";
  }

 private:
  std::string id_;
};

struct Room {
  std::shared_ptr<RowProver> open(bool one_row_proves) {
    br::IdSum sum;
    for (const char* line : {"\"a\" 1", "\"b\" 2"}) sum.add(line);
    auto file = files.create("/ids");
    assert_true(file.ok() && file->append("\"a\" 1\n\"b\" 2\n" + sum.last_line() + "\n").ok());
    auto prover = RowProver::open({&files, "/ids", -1, ""}, 7, std::make_unique<Reader>(), one_row_proves);
    if (!prover) fail_msg("%s", prover.error().message.c_str());
    return *prover;
  }
  // The verdict over those bytes, whole and one at a time.
  RowProof verdict(bool one_row_proves, const std::string& bytes) {
    const auto whole = open(one_row_proves), cut = open(one_row_proves);
    (void)whole->read(bytes);
    for (const char& byte : bytes) (void)cut->read(std::string_view(&byte, 1));
    const RowProof proof = whole->verdict();
    assert_true(cut->verdict() == proof);
    return proof;
  }
  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
};

void one_row_of_ours_proves_where_ids_have_a_tag(void**) {
  Room room;
  assert_true(room.verdict(true, "a\n") == RowProof::ours);
  assert_true(room.verdict(true, "b") == RowProof::ours);
  assert_true(room.verdict(true, "?\na\n") == RowProof::ours);
  const auto prover = room.open(true);
  assert_false(prover->read("a\nmore"));
}

void row_of_another_id_proves_the_contrary(void**) {
  Room room;
  for (const bool one : {true, false}) {
    assert_true(room.verdict(one, "c\n") == RowProof::foreign);
    assert_true(room.verdict(one, "aa") == RowProof::foreign);
  }
  assert_true(room.verdict(false, "a\nb\nc\n") == RowProof::foreign);
}

void every_id_has_to_come_where_others_may_have_the_same(void**) {
  Room room;
  assert_true(room.verdict(false, "a\nb\n") == RowProof::ours);
  assert_true(room.verdict(false, "b\na") == RowProof::ours);
  assert_true(room.verdict(false, "a\n") == RowProof::none);
  assert_true(room.verdict(false, "a\na\n") == RowProof::none);
}

void nothing_readable_proves_nothing(void**) {
  Room room;
  for (const bool one : {true, false}) {
    assert_true(room.verdict(one, "") == RowProof::none);
    assert_true(room.verdict(one, "?\n?\n?") == RowProof::none);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_row_of_ours_proves_where_ids_have_a_tag),
      cmocka_unit_test(row_of_another_id_proves_the_contrary),
      cmocka_unit_test(every_id_has_to_come_where_others_may_have_the_same),
      cmocka_unit_test(nothing_readable_proves_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
