#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace br::emulator {

// Takes the elements of one array out of a JSON text while it arrives, so that a create call with a hundred thousand
// requests in its body needs no more memory than one of them.
class ArraySplitter {
 public:
  // `path`: the names that lead to the array, from the outside in. `use` gets each element on one line.
  ArraySplitter(std::vector<std::string> path, std::function<void(std::string&)> use);

  void feed(std::string_view piece);
  // The text was whole and the array was there.
  bool complete() const { return !broken_ && found_ && levels_.empty() && !string_; }
  bool found() const { return found_; }
  // The text with the array left empty.
  const std::string& rest() const { return rest_; }

 private:
  struct Level {
    bool object;
    std::string key;
  };

  void outside(char c);
  void inside(char c);
  void in_element(char c);
  void track(char c);
  bool at_array() const;
  void end_element();

  std::vector<std::string> path_;
  std::function<void(std::string&)> use_;
  std::vector<Level> levels_;
  std::string rest_;
  std::string element_;
  std::string text_;  // of the last string outside of the array
  bool string_ = false;
  bool escaped_ = false;
  bool found_ = false;
  bool inside_ = false;
  bool comma_ = false;
  bool broken_ = false;
};

}  // namespace br::emulator
