#include "emulator/anthropic/prompt_cache.h"

#include <algorithm>
#include <array>
#include <utility>

#include "emulator/base/hash.h"

namespace br::emulator {
namespace {

constexpr int64_t kMinuteMs = 60'000;
constexpr size_t kLookBack = 20;  // blocks before a mark whose prefixes are looked for
constexpr size_t kMostEntries = 65'536;

uint64_t key_of(uint64_t scope, uint64_t prefix) { return mix(scope * 0x9e3779b97f4a7c15U ^ prefix); }

}  // namespace

// As of 2026-08, platform.claude.com/docs/en/build-with-claude/prompt-caching. The first that the name holds counts.
int64_t least_cached_tokens(std::string_view model) {
  constexpr int64_t kUsual = 1024;
  static constexpr std::array<std::pair<std::string_view, int64_t>, 9> kLeast = {{{"opus-4-5", 4096},
                                                                                  {"opus-4-6", 4096},
                                                                                  {"haiku-4-5", 4096},
                                                                                  {"opus-4-7", 2048},
                                                                                  {"3-5-haiku", 2048},
                                                                                  {"3-haiku", 2048},
                                                                                  {"opus-5", 512},
                                                                                  {"fable-5", 512},
                                                                                  {"mythos-5", 512}}};
  for (const auto& [name, least] : kLeast) {
    if (model.find(name) != std::string_view::npos) return least;
  }
  return kUsual;
}

// The longest prefix that is there, of those that end at a mark or up to twenty blocks before one.
int64_t PromptCache::read(const std::vector<PromptBlock>& blocks, const CacheCall& call, uint64_t scope,
                          int64_t least) {
  size_t look = 0;
  for (size_t i = blocks.size(); i > 0; --i) {
    const PromptBlock& block = blocks[i - 1];
    if (block.mark != CacheMark::kNone)
      look = kLookBack;
    else if (look == 0)
      continue;
    else
      --look;
    if (block.tokens < least) return 0;
    const auto found = entries_.find(key_of(scope, block.prefix));
    if (found == entries_.end() || found->second.ends_ms <= call.now_ms || found->second.batch == hash_of(call.batch))
      continue;
    found->second.ends_ms = std::max(found->second.ends_ms, call.now_ms + found->second.lives_ms);
    return block.tokens;
  }
  return 0;
}

Tokens PromptCache::count(const std::vector<PromptBlock>& blocks, const CacheCall& call) {
  Tokens tokens;
  if (blocks.empty()) return tokens;
  tokens.input = 1 + blocks.back().tokens;
  const uint64_t scope = mix(hash_of(call.account) + mix(hash_of(call.model)));
  const int64_t least = least_cached_tokens(call.model);
  tokens.cache_read = read(blocks, call, scope, least);
  int64_t counted = tokens.cache_read;
  for (const PromptBlock& block : blocks) {
    if (block.mark == CacheMark::kNone || block.tokens < least || block.tokens <= counted) continue;
    const bool hour = block.mark == CacheMark::kHour;
    (hour ? tokens.cache_write_1h : tokens.cache_write_5m) += block.tokens - counted;
    counted = block.tokens;
    const int64_t lives_ms = (hour ? 60 : 5) * kMinuteMs;
    if (call.writes)
      keep(key_of(scope, block.prefix), {hash_of(call.batch), lives_ms, call.now_ms + lives_ms}, call.now_ms);
  }
  return tokens;
}

void PromptCache::keep(uint64_t key, Entry entry, int64_t now_ms) {
  if (entries_.size() >= kMostEntries)
    std::erase_if(entries_, [now_ms](const auto& each) { return each.second.ends_ms <= now_ms; });
  if (entries_.size() >= kMostEntries) entries_.clear();
  entries_.insert_or_assign(key, entry);
}

}  // namespace br::emulator
