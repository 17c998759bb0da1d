#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/anthropic/prompt.h"
#include "emulator/batches/rows.h"

namespace br::emulator {

// Who asks the cache, and when.
struct CacheCall {
  std::string_view account;
  std::string_view model;
  std::string_view batch;
  int64_t now_ms = 0;
  bool writes = true;  // false: the prompt is looked up, and nothing is kept of it
};

// The prompt cache of Anthropic's batches, apart from that of its Messages. Each account and model has one of its own.
// A prefix can be read by another batch until its time is over, which begins anew whenever it is read; rows of the
// batch that wrote it write it again (nothing is shared inside one batch). Memory has a bound: what is over goes first.
class PromptCache {
 public:
  // Counts the tokens of a prompt by what becomes of them, and keeps its marked prefixes.
  Tokens count(const std::vector<PromptBlock>& blocks, const CacheCall& call);

 private:
  struct Entry {
    uint64_t batch = 0;  // hash of its id
    int64_t lives_ms = 0;
    int64_t ends_ms = 0;
  };
  int64_t read(const std::vector<PromptBlock>& blocks, const CacheCall& call, uint64_t scope, int64_t least);
  void keep(uint64_t key, Entry entry, int64_t now_ms);

  std::unordered_map<uint64_t, Entry> entries_;
};

// The least tokens of a prefix that is kept of a model's prompts.
int64_t least_cached_tokens(std::string_view model);

}  // namespace br::emulator
