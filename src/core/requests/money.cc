#include "core/requests/money.h"

#include <charconv>
#include <system_error>

namespace br {
namespace {

constexpr int kDigits = 18;  // of a unit, behind the point
constexpr int kFinest = 10;  // of a price: a millionth of it, and a hundredth of that, is still a whole unit
constexpr std::int64_t kMillion = 1'000'000, kMostDollars = kMillion;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits of a decimal number without its point, and the power of ten that they are multiplied with.
struct Decimal {
  std::int64_t digits = 0;
  int power = 0;
};

std::optional<Decimal> read_decimal(std::string_view text) {
  Decimal read;
  std::size_t at = 0;
  bool point = false, any = false;
  for (; at < text.size() && (is_digit(text[at]) || (text[at] == '.' && !point)); ++at) {
    if (text[at] == '.') {
      point = true;
      continue;
    }
    any = true;
    if (read.digits > INT64_MAX / 100) return std::nullopt;
    read.digits = read.digits * 10 + (text[at] - '0');
    if (point) --read.power;
  }
  if (!any) return std::nullopt;
  if (at == text.size()) return read;
  if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
  if (++at < text.size() && text[at] == '+') ++at;
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), exponent);
  if (error != std::errc() || end != text.data() + text.size() || exponent < -99 || exponent > 99) return std::nullopt;
  read.power += exponent;
  return read;
}

}  // namespace

std::optional<Money> Money::parse(std::string_view decimal) {
  auto read = read_decimal(decimal);
  if (!read) return std::nullopt;
  while (read->digits != 0 && read->digits % 10 == 0 && read->power < 0) {
    read->digits /= 10;
    ++read->power;
  }
  if (read->digits == 0) return Money();
  if (read->power < -kFinest || read->power > 6) return std::nullopt;
  Wide units = read->digits;
  for (int i = 0; i < kDigits + read->power; ++i) units *= 10;
  Wide most = kMostDollars;
  for (int i = 0; i < kDigits; ++i) most *= 10;
  if (units > most) return std::nullopt;
  return Money(units);
}

Money Money::for_tokens(std::int64_t tokens, std::int64_t percent) const {
  return Money(units_ / kMillion / 100 * tokens * percent);
}

std::int64_t Money::micro_dollars() const {
  constexpr std::int64_t kUnits = 1'000'000'000'000;
  return static_cast<std::int64_t>((units_ + kUnits / 2) / kUnits);
}

double Money::usd() const {
  // Without the zeros at its end most amounts are whole numbers that a double holds, and the division rounds once.
  Wide digits = units_;
  int behind = kDigits;
  for (; behind > 0 && digits % 10 == 0; --behind) digits /= 10;
  double scale = 1;
  for (int i = 0; i < behind; ++i) scale *= 10;
  return static_cast<double>(digits) / scale;
}

Money& Money::operator+=(const Money& more) {
  units_ += more.units_;
  return *this;
}

}  // namespace br
