#include "emulator/base/array_splitter.h"

#include <utility>

namespace br::emulator {
namespace {

constexpr size_t kMostRestBytes = 1024 * 1024;
constexpr size_t kMostKeyBytes = 256;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

ArraySplitter::ArraySplitter(std::vector<std::string> path, std::function<void(std::string&)> use)
    : path_(std::move(path)), use_(std::move(use)) {}

void ArraySplitter::feed(std::string_view piece) {
  for (const char c : piece) {
    if (broken_) return;
    if (inside_) {
      inside(c);
    } else {
      outside(c);
    }
  }
}

bool ArraySplitter::at_array() const {
  if (found_ || levels_.size() != path_.size()) return false;
  for (size_t i = 0; i < path_.size(); ++i) {
    if (!levels_[i].object || levels_[i].key != path_[i]) return false;
  }
  return true;
}

// Follows strings and nesting.
void ArraySplitter::track(char c) {
  if (string_) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      string_ = false;
    }
    return;
  }
  if (c == '"') string_ = true;
  if (c == '{' || c == '[') levels_.push_back({c == '{', {}});
  if (c == '}' || c == ']') {
    if (levels_.empty() || levels_.back().object != (c == '}')) {
      broken_ = true;
    } else {
      levels_.pop_back();
    }
  }
}

void ArraySplitter::outside(char c) {
  if (rest_.size() >= kMostRestBytes) {
    broken_ = true;
    return;
  }
  rest_ += c;
  const bool was_string = string_;
  const bool begins_array = !string_ && c == '[' && at_array();
  track(c);
  if (begins_array) {
    found_ = inside_ = true;
    comma_ = false;
  } else if (was_string && string_) {
    if (text_.size() < kMostKeyBytes) text_ += c;
  } else if (!was_string && string_) {
    text_.clear();
  } else if (!string_ && c == ':' && !levels_.empty()) {
    levels_.back().key = text_;
  }
}

// Between the brackets of the array: an element, or what stands between two.
void ArraySplitter::inside(char c) {
  if (string_ || levels_.size() > path_.size() + 1) return in_element(c);
  if (c == ']') {
    if (comma_ && element_.empty()) {
      broken_ = true;
      return;
    }
    if (!element_.empty()) end_element();
    inside_ = false;
    return outside(c);
  }
  if (c == ',') {
    if (element_.empty()) {
      broken_ = true;
      return;
    }
    end_element();
    comma_ = true;
    return;
  }
  if (!is_space(c) || !element_.empty()) in_element(c);
}

void ArraySplitter::in_element(char c) {
  if (c == '\n' || c == '\r') {
    // Inside of a string it would be no JSON; elsewhere it means nothing.
    broken_ = broken_ || string_;
    return;
  }
  element_ += c;
  track(c);
}

void ArraySplitter::end_element() {
  use_(element_);
  element_.clear();
}

}  // namespace br::emulator
