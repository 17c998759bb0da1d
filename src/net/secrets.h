// Secrets: what a request carries that must not come back out of its answer. A vendor, or a proxy before it, may echo
// a key; the transport passes every answer through here, so that nothing behind it has to think of that.
//
// A secret is found as it is, with any of its characters percent-encoded, escaped as in JSON or HTML, and in base64 at
// any alignment ("user:key" as well). Asterisks take its place, as many as it had bytes: lengths, offsets and JSON stay
// right. What looks like a word is let through (is_guarded): a key "dummy" is no secret, and answers may hold it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace br {

class Secrets {
 public:
  Secrets() = default;
  explicit Secrets(const HttpRequest& request);

  bool empty() const { return patterns_.empty(); }
  void hide(std::string* text) const;
  // The next bytes of a stream, `*kept` before them: what of both together is safe to pass on, with asterisks. The rest,
  // which may be the beginning of a secret, goes to *kept. Returns a view of *buffer.
  std::string_view hide_next(std::string_view bytes, std::string* kept, std::string* buffer) const;

  // Eight bytes or more, and not made of lower-case letters and hyphens only unless it is as long as no word is (16).
  static bool is_guarded(std::string_view secret);

 private:
  struct Pattern {
    std::string text;
    bool base64 = false;
    bool open_end = false;        // base64: one more character holds bits of the secret
    std::size_t anchor = 0;       // where in `text` the characters stand that no encoding changes
  };

  void add(std::string_view secret);
  void add_pattern(Pattern pattern);
  void make_table();
  void hide_in(char* text, std::size_t size) const;
  void hide_encoded(char* text, std::size_t size, char mark) const;
  std::size_t hide_at(char* text, std::size_t size, std::size_t anchor_at) const;
  std::size_t beginning_at_end(std::string_view text) const;

  // Search by blocks of two bytes (Wu and Manber): how far the window of window_ bytes may move on.
  static constexpr std::size_t kBlocks = 4096;
  std::vector<Pattern> patterns_;
  std::size_t window_ = 0, longest_ = 0;
  std::array<std::uint8_t, kBlocks> shift_{};
  std::array<bool, kBlocks> begins_{};  // the blocks that a secret, in any of its forms, may begin with
};

}  // namespace br
