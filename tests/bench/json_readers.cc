// JSON readers over the lines of a file, as multiples of copying them: the library's cursor, and simdjson On-Demand with
// the same promise (every value, number, literal and escape is checked) and without it. docs/architecture.md has the
// figures. Built by hand, as nothing else of the project needs simdjson:
//   g++ -std=c++20 -O3 -iquote src tests/bench/json_readers.cc src/codec/{json_cursor,json_read,string_scan,utf8}.cc
//     -lsimdjson -o json_readers
// (without -DBATCHROUTER_AVX2 and string_scan_avx2.cc, -mavx2 -mbmi, the cursor goes without AVX2).
// usage: json_readers FILE [ROUNDS]
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_cursor.h"
#include "codec/json_read.h"
#include "codec/utf8.h"

namespace {

namespace od = simdjson::ondemand;

struct Slice {
  std::size_t offset, size;
};

// Reads a line into all of its values; false: it is no JSON.
bool by_cursor(const char* line, std::size_t size) {
  br::JsonCursor cursor(line, size);
  if (!cursor.skip() || !cursor.finish()) return false;
  return !cursor.saw_non_ascii() || br::is_utf8({line, size});
}

// On-Demand hands strings out unchecked: unescaping one is how it says whether the escapes are right.
bool walk(od::value value) {
  od::json_type type;
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  if (type == od::json_type::object) {
    od::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return false;
    for (auto field : object) {
      od::value inner;
      std::string_view key;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
      if (field.value().get(inner) != simdjson::SUCCESS || !walk(inner)) return false;
    }
    return true;
  }
  if (type == od::json_type::array) {
    od::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return false;
    for (auto element : array) {
      od::value inner;
      if (element.get(inner) != simdjson::SUCCESS || !walk(inner)) return false;
    }
    return true;
  }
  std::string_view text;
  od::number number;
  bool truth;
  if (type == od::json_type::string) return value.get_string().get(text) == simdjson::SUCCESS;
  if (type == od::json_type::number) return value.get_number().get(number) == simdjson::SUCCESS;
  if (type == od::json_type::boolean) return value.get_bool().get(truth) == simdjson::SUCCESS;
  return value.is_null();
}

bool by_on_demand(od::parser* parser, const char* line, std::size_t size) {
  od::document document;
  od::value root;
  if (parser->iterate(line, size, size + br::kJsonPadding).get(document) != simdjson::SUCCESS) return false;
  return document.get_value().get(root) == simdjson::SUCCESS && walk(root);
}

// One field looked up, the rest passed over by its brackets: what is wrong inside is not seen.
bool by_on_demand_unchecked(od::parser* parser, const char* line, std::size_t size) {
  od::document document;
  std::string_view raw;
  if (parser->iterate(line, size, size + br::kJsonPadding).get(document) != simdjson::SUCCESS) return false;
  return document["custom_id"].raw_json_token().get(raw) == simdjson::SUCCESS;
}

double fastest(int rounds, const std::function<bool()>& work) {
  double best = 1e9;
  for (int i = 0; i < rounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    if (!work()) return -1;
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 9;
  std::ifstream file(argv[1], std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::vector<Slice> lines;
  std::size_t longest = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back({at, end - at});
    longest = std::max(longest, end - at);
    at = end + 1;
  }
  text.append(br::kJsonPadding, ' ');
  std::vector<char> copy(longest);
  od::parser parser;
  const auto every = [&](auto read) {
    return [&lines, &text, read] {
      return std::all_of(lines.begin(), lines.end(),
                         [&](const Slice& line) { return read(text.data() + line.offset, line.size); });
    };
  };
  const double copying = fastest(rounds, every([&](const char* line, std::size_t size) {
    std::memcpy(copy.data(), line, size);
    asm volatile("" : : "r"(copy.data()) : "memory");
    return true;
  }));
  const auto row = [&](const char* label, double seconds) {
    std::printf("| %s | %.3f | %.2f | %.1f |\n", label, seconds, static_cast<double>(text.size()) / seconds / 1e9,
                seconds / copying);
  };
  std::printf("%s, %zu lines, %.1f MB\n\n| reader | s | GB/s | times copying |\n|---|---|---|---|\n", argv[1],
              lines.size(), static_cast<double>(text.size()) / 1e6);
  row("memcpy", copying);
  row("cursor, all checked", fastest(rounds, every(by_cursor)));
  row("simdjson On-Demand, all checked", fastest(rounds, every([&](const char* line, std::size_t size) {
        return by_on_demand(&parser, line, size);
      })));
  row("simdjson On-Demand, one field, the rest unchecked", fastest(rounds, every([&](const char* line, std::size_t size) {
        return by_on_demand_unchecked(&parser, line, size);
      })));
}
