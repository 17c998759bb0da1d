// br_result: one answer, with its line behind it in one piece of memory. Results are made and freed by the million.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "codec/result_fields.h"
#include "core/router/router.h"

namespace br {

// Strings of which few are ever made: until then their memory is not even touched, since a block of results is larger
// than a processor's cache.
template <std::size_t N>
class LazyTexts {
 public:
  LazyTexts() = default;
  LazyTexts(const LazyTexts&) = delete;
  LazyTexts& operator=(const LazyTexts&) = delete;
  ~LazyTexts() {
    for (std::size_t i = 0; i < N; ++i) {
      if (has(i)) std::destroy_at(&cells_[i].text);
    }
  }
  // nullptr until put.
  const std::string* get(std::size_t i) const { return has(i) ? &cells_[i].text : nullptr; }
  // Once for each.
  const std::string* put(std::size_t i, std::string text) {
    const auto* made = std::construct_at(&cells_[i].text, std::move(text));
    made_ |= std::uint32_t{1} << i;
    return made;
  }

 private:
  static_assert(N <= 32);
  union Cell {
    Cell() {}   // NOLINT(modernize-use-equals-default): the string is not made yet
    ~Cell() {}  // NOLINT(modernize-use-equals-default): nor always there
    std::string text;
  };
  bool has(std::size_t i) const { return (made_ >> i & 1U) != 0; }

  std::uint32_t made_ = 0;
  Cell cells_[N];
};

}  // namespace br

struct br_result {
  // The line is copied; origin's is not read.
  static std::unique_ptr<br_result> make(std::string_view line, std::shared_ptr<br::Router> router,
                                         br::Delivered origin);
  br_result(const br_result&) = delete;
  br_result& operator=(const br_result&) = delete;

  std::string_view line() const { return {line_at(), size}; }
  // Handed out once: there is something to acknowledge. Those of a cursor have no origin.
  bool is_handed_out() const { return !origin.job_id.empty(); }

  std::shared_ptr<br::Router> router;
  br::Delivered origin;
  std::size_t size;  // of the line, which has kJsonPadding zeros behind it
  // Read from the line and decoded when first asked for: the fields, three of the error, and the vendor's row.
  br::ResultFields fields;
  br::LazyTexts<br::kResultFields + 4> texts;

  // For make: room for the line.
  struct Room {
    std::size_t bytes;
  };
  static void* operator new(std::size_t size, Room more) { return ::operator new(size + more.bytes); }
  static void operator delete(void* at) { ::operator delete(at); }
  static void operator delete(void* at, Room) { ::operator delete(at); }

 private:
  br_result(std::string_view line, std::shared_ptr<br::Router> router, br::Delivered origin);
  char* line_at() { return reinterpret_cast<char*>(this + 1); }
  const char* line_at() const { return reinterpret_cast<const char*>(this + 1); }
};
