// Route: where a request goes that names no provider: by its model.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace br {

// A provider and which of several keys of it: "openai", "openai@team".
struct Destination {
  std::string provider;
  std::string account;
};
Destination read_destination(std::string_view text);

// "gpt-*=openai@team, claude-*=anthropic": the first pattern that fits the model wins. `*` stands for any characters, `?`
// for one.
class Routes {
 public:
  // Code::config for a rule without a pattern or a provider.
  static Result<Routes> parse(std::string_view text);
  // nullptr: no rule fits.
  const Destination* find(std::string_view model) const;

 private:
  struct Rule {
    std::string pattern;
    Destination destination;
  };
  std::vector<Rule> rules_;
};

}  // namespace br
