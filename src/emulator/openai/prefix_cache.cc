#include "emulator/openai/prefix_cache.h"

#include <algorithm>
#include <array>
#include <vector>

#include "emulator/base/hash.h"

namespace br::emulator {
namespace {

constexpr int64_t kLivesMs = 600'000;
constexpr size_t kTokenBytes = 4, kFirstTokens = 1024, kStepTokens = 128;
constexpr size_t kMostEntries = 65'536;

// gpt-4o and what came after it.
bool caches(std::string_view model) {
  constexpr std::array<std::string_view, 7> kFamilies = {"gpt-4o", "gpt-4.1", "gpt-5", "gpt-6", "o1", "o3", "o4"};
  return model != "gpt-4o-2024-05-13" &&
         std::any_of(kFamilies.begin(), kFamilies.end(), [model](auto family) { return model.starts_with(family); });
}

// The hashes of a prompt's prefixes, the shortest first.
class Prefixes {
 public:
  Prefixes(std::string_view account, std::string_view model) {
    for (const std::string_view name : {account, model}) {
      hasher_.update(name);
      hasher_.update(std::string_view("\0", 1));
    }
  }

  void feed(const json::Value& value) {
    if (value.IsString()) feed(json::view(value));
    if (value.IsArray()) {
      for (const json::Value& each : value.GetArray()) feed(each);
    }
    if (value.IsObject()) {
      for (const auto& field : value.GetObject()) feed(field.value);
    }
  }
  const std::vector<uint64_t>& hashes() const { return hashes_; }

 private:
  void feed(std::string_view text) {
    while (!text.empty()) {
      const std::string_view piece = text.substr(0, to_next_);
      hasher_.update(piece);
      text.remove_prefix(piece.size());
      to_next_ -= piece.size();
      if (to_next_ > 0) return;
      hashes_.push_back(hasher_.value());
      to_next_ = kStepTokens * kTokenBytes;
    }
  }

  Hasher hasher_;
  size_t to_next_ = kFirstTokens * kTokenBytes;
  std::vector<uint64_t> hashes_;
};

}  // namespace

int64_t PrefixCache::use(std::string_view account, std::string_view model, const json::Value& asked, int64_t now_ms,
                         bool keeps) {
  if (!caches(model)) return 0;
  Prefixes prompt(account, model);
  prompt.feed(asked);
  int64_t found = 0;
  size_t steps = 0;
  for (const uint64_t hash : prompt.hashes()) {
    const auto there = ends_ms_.find(hash);
    if (there == ends_ms_.end() || there->second <= now_ms) break;
    found = static_cast<int64_t>(kFirstTokens + kStepTokens * steps++);
  }
  if (!keeps) return found;
  if (ends_ms_.size() + prompt.hashes().size() > kMostEntries)
    std::erase_if(ends_ms_, [now_ms](const auto& each) { return each.second <= now_ms; });
  if (ends_ms_.size() + prompt.hashes().size() > kMostEntries) ends_ms_.clear();
  for (const uint64_t hash : prompt.hashes()) ends_ms_[hash] = now_ms + kLivesMs;
  return found;
}

}  // namespace br::emulator
