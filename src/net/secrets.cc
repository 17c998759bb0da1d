#include "net/secrets.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <utility>

namespace br {
namespace {

constexpr std::size_t kLeastSecret = 8, kLongerThanWords = 16;
constexpr std::size_t kMostWindow = 16;
constexpr std::size_t kMostEncoded = 8;  // bytes that one character may take: \\u002b, &#0043;

bool is_plain(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

bool is_base64(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("+/-_", c) != nullptr; }

std::size_t block(const char* at) {
  const auto first = static_cast<unsigned char>(at[0]), second = static_cast<unsigned char>(at[1]);
  return (static_cast<std::size_t>(first) << 4U) ^ second;
}

// One character in one of its forms at the beginning of `text`: its length; 0: it is another one. *ended: the text
// stops where it still could be this one.
class CharMatch {
 public:
  CharMatch(std::string_view text, char c, bool base64) : text_(text), c_(c), base64_(base64) {}

  std::size_t length(bool* ended) {
    std::size_t n = 0;
    if (text_.empty()) return *ended = true, 0;
    if (text_.front() == '%') n = percent();
    if (text_.front() == '\\') n = escaped();
    if (text_.front() == '&') n = entity();
    if (n == 0 && is(text_.front())) n = 1, ended_ = false;
    *ended = *ended || ended_;
    return n;
  }

 private:
  bool is(char c) const {
    if (c == c_) return true;
    return base64_ && ((c == '-' && c_ == '+') || (c == '_' && c_ == '/'));
  }

  // A number that stands in text_ from `at` to `end` and means this character.
  bool number(std::size_t at, std::size_t end, int base) const {
    int value = 0;
    const char* last = text_.data() + end;
    const auto [stop, code] = std::from_chars(text_.data() + at, last, value, base);
    return code == std::errc() && stop == last && value < 256 && is(static_cast<char>(value));
  }

  std::size_t percent() {
    if (text_.size() < 3) return ended_ = true, 0;
    return number(1, 3, 16) ? 3 : 0;
  }

  // JSON, also inside of a JSON text: any number of backslashes.
  std::size_t escaped() {
    const std::size_t at = text_.find_first_not_of('\\');
    if (at == std::string_view::npos) return ended_ = true, c_ == '\\' ? text_.size() : 0;
    if (c_ == '\\') return at;
    if (text_[at] == 'u') {
      if (text_.size() < at + 5) return ended_ = true, 0;
      return number(at + 1, at + 5, 16) ? at + 5 : 0;
    }
    static constexpr std::pair<char, char> kLetters[] = {{'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'"', '"'}, {'/', '/'}};
    for (const auto& [letter, meaning] : kLetters) {
      if (text_[at] == letter && is(meaning)) return at + 1;
    }
    return 0;
  }

  std::size_t entity() {
    const std::size_t end = text_.substr(0, kMostEncoded).find(';');
    if (end == std::string_view::npos) return ended_ = text_.size() < kMostEncoded, 0;
    static constexpr std::pair<std::string_view, char> kNames[] = {
        {"&amp", '&'}, {"&lt", '<'}, {"&gt", '>'}, {"&quot", '"'}, {"&apos", '\''}};
    for (const auto& [name, meaning] : kNames) {
      if (text_.substr(0, end) == name && is(meaning)) return end + 1;
    }
    if (end < 3 || text_[1] != '#') return 0;
    const bool hex = text_[2] == 'x' || text_[2] == 'X';
    return number(hex ? 3 : 2, end, hex ? 16 : 10) ? end + 1 : 0;
  }

  std::string_view text_;
  char c_;
  bool base64_, ended_ = false;
};

// Whether `pattern` stands at the beginning of `text`, and how long it is there.
bool match_forward(std::string_view text, std::string_view pattern, bool base64, std::size_t* length, bool* ended) {
  std::size_t at = 0;
  for (const char c : pattern) {
    const std::size_t n = CharMatch(text.substr(at), c, base64).length(ended);
    if (n == 0) return false;
    at += n;
  }
  *length = at;
  return true;
}

// Likewise at its end.
bool match_backward(std::string_view text, std::string_view pattern, bool base64, std::size_t* length) {
  std::size_t at = text.size();
  for (std::size_t i = pattern.size(); i-- > 0;) {
    std::size_t n = std::min(kMostEncoded, at);
    bool ended = false;
    while (n > 0 && CharMatch(text.substr(at - n, n), pattern[i], base64).length(&ended) != n) --n;
    if (n == 0) return false;
    at -= n;
  }
  *length = text.size() - at;
  return true;
}

std::string base64_of(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) out.push_back(kDigits[(bits >> (held - 6)) & 63U]);
  }
  return out;  // whole digits only: the next one depends on what follows
}

// What the encodings of a character begin with.
bool is_special(char byte) { return byte == '%' || byte == '\\' || byte == '&'; }

// Quick, and false only where the byte cannot begin the character in any form.
bool may_begin(char byte, char c, bool base64) {
  if (byte == c || is_special(byte)) return true;
  return base64 && (c == '+' || c == '/') && (byte == '-' || byte == '_');
}

// The longest run of characters that every encoding leaves alone; the beginning where there is none of two.
std::pair<std::size_t, std::size_t> find_anchor(std::string_view text, bool base64) {
  std::pair<std::size_t, std::size_t> best{0, 0};
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && (base64 ? std::isalnum(static_cast<unsigned char>(text[end])) != 0 : is_plain(text[end])))
      ++end;
    if (end - i > best.second) best = {i, end - i};
    i = end + 1;
  }
  return best.second >= 2 ? best : std::pair<std::size_t, std::size_t>{0, 2};
}

}  // namespace

Secrets::Secrets(const HttpRequest& request) {
  for (const Header& header : request.headers) {
    if (!header.secret) continue;
    const std::string_view value = header.value;
    const std::size_t blank = value.find(' ');
    // "Bearer KEY": the key alone. A signature is of use only for its own request, and is left as it is.
    if (blank == std::string_view::npos || value.find(' ', blank + 1) == std::string_view::npos)
      add(blank == std::string_view::npos ? value : value.substr(blank + 1));
  }
  for (const std::string& secret : request.secrets) add(secret);
  make_table();
}

bool Secrets::is_guarded(std::string_view secret) {
  if (secret.size() < kLeastSecret) return false;
  const bool word = std::all_of(secret.begin(), secret.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
  return !word || secret.size() >= kLongerThanWords;
}

void Secrets::add(std::string_view secret) {
  if (!is_guarded(secret)) return;
  if (std::any_of(patterns_.begin(), patterns_.end(), [&](const Pattern& p) { return !p.base64 && p.text == secret; }))
    return;
  add_pattern({std::string(secret), false, false, 0});
  // Base64 at each alignment: the digits that are of the secret's bits alone.
  static constexpr std::size_t kFirst[] = {0, 2, 3};
  for (std::size_t before = 0; before < 3; ++before) {
    const std::string digits = base64_of(std::string(before, '\0').append(secret));
    add_pattern({digits.substr(kFirst[before]), true, (before + secret.size()) % 3 != 0, 0});
  }
}

void Secrets::add_pattern(Pattern pattern) {
  pattern.anchor = find_anchor(pattern.text, pattern.base64).first;
  longest_ = std::max(longest_, pattern.text.size());
  patterns_.push_back(std::move(pattern));
}

void Secrets::make_table() {
  if (patterns_.empty()) return;
  window_ = kMostWindow;
  for (const Pattern& p : patterns_) window_ = std::min(window_, find_anchor(p.text, p.base64).second);
  shift_.fill(static_cast<std::uint8_t>(window_ - 1));
  for (const Pattern& p : patterns_) {
    for (int first = 0; first < 256; ++first) {
      if (is_special(static_cast<char>(first)) || !may_begin(static_cast<char>(first), p.text[0], p.base64)) continue;
      for (int second = 0; second < 256; ++second) {
        if (!may_begin(static_cast<char>(second), p.text[1], p.base64)) continue;
        const std::array<char, 2> pair = {static_cast<char>(first), static_cast<char>(second)};
        begins_[block(pair.data())] = true;
      }
    }
    for (std::size_t i = 0; i + 1 < window_; ++i) {
      std::uint8_t& shift = shift_[block(p.text.data() + p.anchor + i)];
      shift = std::min(shift, static_cast<std::uint8_t>(window_ - 2 - i));
    }
  }
}

void Secrets::hide(std::string* text) const { hide_in(text->data(), text->size()); }

void Secrets::hide_in(char* text, std::size_t size) const {
  if (patterns_.empty()) return;
  for (std::size_t end = window_; end <= size;) {
    const std::size_t shift = shift_[block(text + end - 2)];
    end += shift != 0 ? shift : std::max<std::size_t>(1, hide_at(text, size, end - window_));
  }
  for (const char mark : {'%', '\\', '&'}) hide_encoded(text, size, mark);
}

// Secrets that begin with an encoded character, which may be encoded throughout and hold no anchor.
void Secrets::hide_encoded(char* text, std::size_t size, char mark) const {
  for (std::size_t at = 0; at < size;) {
    const void* found = std::memchr(text + at, mark, size - at);
    if (found == nullptr) return;
    at = static_cast<std::size_t>(static_cast<const char*>(found) - text);
    const std::string_view rest(text + at, size - at);
    std::size_t length = 0;
    // Of the escapes of JSON only one stands for any character.
    const bool may = mark != '\\' || (rest.size() > 1 && (rest[1] == 'u' || rest[1] == '\\'));
    for (const Pattern& p : patterns_) {
      bool ended = false;
      if (!may || !match_forward(rest, p.text, p.base64, &length, &ended)) continue;
      std::fill_n(text + at, length, '*');
      break;
    }
    at += std::max<std::size_t>(1, length);
  }
}

// Hides the secret whose anchor stands there; how far behind the anchor's beginning it reaches, 0 where there is none.
std::size_t Secrets::hide_at(char* text, std::size_t size, std::size_t anchor_at) const {
  for (const Pattern& p : patterns_) {
    if (std::memcmp(text + anchor_at, p.text.data() + p.anchor, window_) != 0) continue;
    const std::string_view all(text, size);
    const std::string_view pattern = p.text;
    std::size_t before = 0, after = 0;
    bool ended = false;
    if (!match_forward(all.substr(anchor_at), pattern.substr(p.anchor), p.base64, &after, &ended)) continue;
    if (!match_backward(all.substr(0, anchor_at), pattern.substr(0, p.anchor), p.base64, &before)) continue;
    if (p.open_end && anchor_at + after < size && is_base64(all[anchor_at + after])) ++after;
    std::fill(text + anchor_at - before, text + anchor_at + after, '*');
    return after;
  }
  return 0;
}

// How many bytes at the end of `text` may be the beginning of a secret.
std::size_t Secrets::beginning_at_end(std::string_view text) const {
  const std::size_t most = std::min(text.size(), longest_ * kMostEncoded);
  for (std::size_t at = text.size() - most; at < text.size(); ++at) {
    if (at + 1 < text.size() && !is_special(text[at]) && !begins_[block(text.data() + at)]) continue;
    const std::string_view rest = text.substr(at);
    for (const Pattern& p : patterns_) {
      if (!may_begin(rest[0], p.text[0], p.base64)) continue;
      if (!is_special(rest[0]) && rest.size() > 1 && !may_begin(rest[1], p.text[1], p.base64)) continue;
      bool ended = false;
      std::size_t length = 0;
      if (!match_forward(rest, p.text, p.base64, &length, &ended) && ended) return rest.size();
    }
  }
  return 0;
}

std::string_view Secrets::hide_next(std::string_view bytes, std::string* kept, std::string* buffer) const {
  if (patterns_.empty()) return bytes;
  buffer->assign(*kept).append(bytes);
  hide_in(buffer->data(), buffer->size());
  const std::size_t held = beginning_at_end(*buffer);
  kept->assign(*buffer, buffer->size() - held, held);
  return std::string_view(*buffer).substr(0, buffer->size() - held);
}

}  // namespace br
