// Duplicates among many ids are found without sorting them all: each one, no other, and in the order of the rows.
#include "core/requests/id_table.h"

#include <map>
#include <random>
#include <string>

#include "support/cmocka.h"

namespace {

struct Found {
  std::vector<br::IdTable::Duplicate> duplicates;
  std::size_t total = 0;
};

Found find(const br::IdTable& table, std::size_t limit) {
  Found found;
  found.duplicates = table.find(limit, &found.total);
  return found;
}

void ids_of_a_small_alphabet_have_the_duplicates_a_map_finds(void**) {
  std::mt19937 random(20261127);
  for (const std::uint32_t alphabet : {1U, 7U, 1000U, 1000000U}) {
    br::IdTable table(random());
    std::map<std::string, std::uint32_t> first;
    std::vector<br::IdTable::Duplicate> expected;
    for (std::uint32_t row = 1; row <= 5000; ++row) {
      const std::string id = "request-" + std::to_string(random() % alphabet);
      table.add(id, row);
      if (const auto [at, fresh] = first.emplace(id, row); !fresh) expected.push_back({at->second, row});
    }
    const Found found = find(table, 10000);
    assert_int_equal(found.total, expected.size());
    assert_int_equal(found.duplicates.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      assert_int_equal(found.duplicates[i].first_row, expected[i].first_row);
      assert_int_equal(found.duplicates[i].row, expected[i].row);
    }
  }
}

void a_few_duplicates_among_many_ids_are_found(void**) {
  br::IdTable table(20261127);
  constexpr std::uint32_t kMany = 300000;
  for (std::uint32_t row = 1; row <= kMany; ++row)
    table.add("request-" + std::to_string(row % 50000 == 0 ? 7 : row), row);
  const Found found = find(table, 100);
  assert_int_equal(found.total, 6);
  for (std::uint32_t i = 0; i < 6; ++i) {
    assert_int_equal(found.duplicates[i].first_row, 7);
    assert_int_equal(found.duplicates[i].row, (i + 1) * 50000);
  }
}

void more_duplicates_than_asked_for_are_counted_and_the_first_ones_given(void**) {
  br::IdTable table(1);
  for (std::uint32_t row = 1; row <= 10; ++row) table.add("same", row);
  const Found found = find(table, 2);
  assert_int_equal(found.total, 9);
  assert_int_equal(found.duplicates.size(), 2);
  assert_int_equal(found.duplicates[1].first_row, 1);
  assert_int_equal(found.duplicates[1].row, 3);
}

void looking_twice_or_in_an_empty_table_finds_the_same(void**) {
  br::IdTable table(1);
  assert_int_equal(find(table, 10).total, 0);
  table.add("a", 1);
  table.add("b", 2);
  table.add("a", 3);
  assert_int_equal(find(table, 10).total, 1);
  assert_int_equal(find(table, 10).duplicates[0].row, 3);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(ids_of_a_small_alphabet_have_the_duplicates_a_map_finds),
      cmocka_unit_test(a_few_duplicates_among_many_ids_are_found),
      cmocka_unit_test(more_duplicates_than_asked_for_are_counted_and_the_first_ones_given),
      cmocka_unit_test(looking_twice_or_in_an_empty_table_finds_the_same),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
