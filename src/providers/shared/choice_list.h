// ChoiceList: the choices of an answer that has several (n > 1), as a JSON array of {"text","finish_reason",…}: what a
// result line says of the first one, for each. An answer with one choice costs nothing.
#pragma once

#include <string>
#include <string_view>

#include "model/result.h"

namespace br {

class ChoiceList {
 public:
  void clear() { json_.clear(); }
  bool empty() const { return json_.empty(); }
  // The text, finish reason, tool calls, reasoning and refusal of `choice`.
  void add(const Row& choice);
  // The array; empty if nothing was added. Valid until the next add() or clear().
  std::string_view token() const { return json_; }

 private:
  std::string json_;
};

}  // namespace br
