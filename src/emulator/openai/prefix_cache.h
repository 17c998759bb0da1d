#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "emulator/base/json.h"

namespace br::emulator {

// OpenAI's cache of prompts, which nobody asks for: what a prompt shares with an earlier one of the same account and
// model, from 1,024 tokens in steps of 128, until ten minutes after it was last used. Rows of one batch find what
// others of it left: the vendor says nothing else, and promises no hit.
class PrefixCache {
 public:
  // How many tokens of what is asked were there; with `keeps`, all of it is there from now on.
  int64_t use(std::string_view account, std::string_view model, const json::Value& asked, int64_t now_ms, bool keeps);

 private:
  std::unordered_map<uint64_t, int64_t> ends_ms_;  // by the hash of account, model and prefix
};

}  // namespace br::emulator
