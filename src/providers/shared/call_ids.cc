#include "providers/shared/call_ids.h"

#include <algorithm>

#include "providers/shared/wire.h"

namespace br {
namespace {

constexpr std::string_view kLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kMistralLength = 9, kMostWords = 64;

bool is_letter(char c) { return kLetters.find(c) != std::string_view::npos; }

bool is_taken(CallIds rule, std::string_view id) {
  if (rule == CallIds::any) return true;
  if (rule == CallIds::nine_letters)
    return id.size() == kMistralLength && std::all_of(id.begin(), id.end(), is_letter);
  return id.size() <= kMostWords &&
         std::all_of(id.begin(), id.end(), [](char c) { return is_letter(c) || c == '_' || c == '-'; });
}

// FNV-1a.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

void append_call_id(CallIds rule, std::string_view id_json, std::string* out) {
  const std::string_view id = inside(id_json);
  if (is_taken(rule, id)) {
    out->append(id_json);
    return;
  }
  std::uint64_t hash = hash_of(id);
  out->append(rule == CallIds::words ? "\"call_" : "\"");
  for (std::size_t i = 0; i < kMistralLength; ++i, hash /= kLetters.size()) out->push_back(kLetters[hash % kLetters.size()]);
  out->push_back('"');
}

}  // namespace br
