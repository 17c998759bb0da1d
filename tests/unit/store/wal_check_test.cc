// A log of SQLite's is whole, cut off, or damaged: only the last one loses what was said to be durable.
#include "store/wal_check.h"

#include <cstdint>
#include <string>

#include "support/cmocka.h"
#include "support/fake_files.h"

namespace {

constexpr std::size_t kPage = 512, kHeader = 32, kFrame = 24 + kPage;

void put(std::string* out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

// As sqlite.org/fileformat2.html writes it, with checksums of little-endian words.
class Wal {
 public:
  explicit Wal(std::uint32_t salt = 7) : salt_(salt) {
    for (const std::uint32_t word : {0x377f0682U, 3007000U, static_cast<std::uint32_t>(kPage), 0U, salt_, salt_ + 1})
      put(&text, word);
    sum(0, 24);
    put(&text, first_);
    put(&text, second_);
  }
  void add_frame(char content) {
    const std::size_t at = text.size();
    put(&text, 1);
    put(&text, 1);
    sum(at, 8);
    put(&text, salt_);
    put(&text, salt_ + 1);
    const std::string page(kPage, content);
    sum_of(page);
    put(&text, first_);
    put(&text, second_);
    text += page;
  }
  std::string text;

 private:
  void sum(std::size_t at, std::size_t size) { sum_of(text.substr(at, size)); }
  void sum_of(const std::string& bytes) {
    const auto word = [&](std::size_t at) {
      std::uint32_t value = 0;
      for (std::size_t i = 4; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[at + i - 1]);
      return value;
    };
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
      first_ += word(at) + second_;
      second_ += word(at + 4) + first_;
    }
  }
  std::uint32_t salt_, first_ = 0, second_ = 0;
};

std::string damage_of(const std::string& text) {
  br::test::FakeDisk disk;
  br::test::FakeFiles files(&disk);
  auto file = files.create("/wal");
  assert_true(file.ok() && file->append(text).ok());
  return br::damage_in_wal(&files, "/wal").value_or("");
}

std::string three_frames() {
  Wal wal;
  for (const char content : {'a', 'b', 'c'}) wal.add_frame(content);
  return wal.text;
}

void whole_log_is_fine(void**) {
  assert_string_equal(damage_of(three_frames()).c_str(), "");
  assert_string_equal(damage_of(Wal().text).c_str(), "");
}

void missing_and_empty_logs_are_fine(void**) {
  br::test::FakeDisk disk;
  br::test::FakeFiles files(&disk);
  assert_false(br::damage_in_wal(&files, "/wal").has_value());
  assert_string_equal(damage_of("").c_str(), "");
}

// The last write was not finished, and SQLite never said that it was durable.
void log_that_is_cut_off_is_fine(void**) {
  const std::string text = three_frames();
  assert_string_equal(damage_of(text.substr(0, kHeader + 2 * kFrame)).c_str(), "");
  assert_string_equal(damage_of(text.substr(0, kHeader + 2 * kFrame + 100)).c_str(), "");
}

void frames_of_an_older_generation_behind_the_end_are_fine(void**) {
  Wal older(99);
  older.add_frame('o');
  older.add_frame('p');
  Wal wal;
  wal.add_frame('a');
  assert_string_equal(damage_of(wal.text + older.text.substr(kHeader + kFrame)).c_str(), "");
}

void damaged_frame_with_others_behind_it_is_told(void**) {
  for (std::size_t frame = 0; frame < 2; ++frame) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{16}, std::size_t{24}, kFrame - 1}) {
      std::string text = three_frames();
      text[kHeader + frame * kFrame + at] ^= 1;
      const std::string expected = "the frame " + std::to_string(frame + 1) + " is damaged";
      assert_string_equal(damage_of(text).c_str(), expected.c_str());
    }
  }
}

void damaged_last_frame_is_told(void**) {
  std::string text = three_frames();
  text.back() ^= 1;
  assert_string_equal(damage_of(text).c_str(), "the frame 3 is damaged");
}

void damaged_header_is_told(void**) {
  for (const std::size_t at : {0, 9, 17, 25, 31}) {
    std::string text = three_frames();
    text[at] ^= 1;
    assert_string_equal(damage_of(text).c_str(), "its header is damaged");
  }
  assert_string_equal(damage_of(three_frames().substr(0, 20)).c_str(), "it ends inside its header");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(whole_log_is_fine),
      cmocka_unit_test(missing_and_empty_logs_are_fine),
      cmocka_unit_test(log_that_is_cut_off_is_fine),
      cmocka_unit_test(frames_of_an_older_generation_behind_the_end_are_fine),
      cmocka_unit_test(damaged_frame_with_others_behind_it_is_told),
      cmocka_unit_test(damaged_last_frame_is_told),
      cmocka_unit_test(damaged_header_is_told),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
