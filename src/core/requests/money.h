// Money: an exact amount of US dollars. Prices are decimal fractions, so sums are kept in units small enough to hold any
// of them, and no cent is lost in a million additions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace br {

class Money {
 public:
  Money() = default;
  // A decimal number as JSON writes one. Nothing: it is none, below 0, over a million dollars, or finer than 1e-10.
  static std::optional<Money> parse(std::string_view decimal);

  // What so many tokens cost when this is the price of a million, at that share of it.
  Money for_tokens(std::int64_t tokens, std::int64_t percent) const;
  // Nearest; what is half goes up.
  std::int64_t micro_dollars() const;
  // The double that is nearest to the amount, or next to it.
  double usd() const;

  Money& operator+=(const Money& more);
  friend Money operator-(Money a, const Money& b) { return Money(a.units_ - b.units_); }
  auto operator<=>(const Money&) const = default;

 private:
  __extension__ using Wide = __int128;
  explicit Money(Wide units) : units_(units) {}

  Wide units_ = 0;  // 1e-18 dollars
};

}  // namespace br
