#include "core/requests/input_digest.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "codec/jsonl.h"
#include "core/results/id_file.h"
#include "providers/registry.h"
#include "sys/file.h"

namespace br {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kFirst = 0xa0761d6478bd642fU, kSecond = 0xe7037ed1a0b428dbU, kThird = 0x8ebc6af09c88c6e3U,
                        kFourth = 0x589965cc75374cc3U;
constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::size_t kMaxRequestLine = std::size_t{1} << 32;

// The two halves of the product, folded.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> (kWord * 8));
}

// Whether ids of ours stand for the caller's at that vendor today; a version before this one sent the caller's own.
bool gets_tags(std::string_view name) {
  const Provider* provider = find_provider(name);
  return provider != nullptr && provider->capability().marker == Marker::none;
}

bool mixes(std::string_view name) {
  const Provider* provider = find_provider(name);
  if (provider == nullptr) return false;
  return !provider->capability().one_model_per_batch || !provider->capability().one_endpoint_per_batch;
}

// The requests of one part, one after the other.
class PartRequests {
 public:
  static Result<std::unique_ptr<PartRequests>> open(const Spool& spool, const RemoteBatch& batch) {
    auto requests = spool.files()->open_read(spool.requests(batch.job_id, batch.part));
    BR_RETURN_IF_ERROR(requests);
    auto ids = IdFileReader::open(id_file_of(spool, batch));
    BR_RETURN_IF_ERROR(ids);
    const bool untagged = batch.id_tag.empty() && gets_tags(batch.provider);
    return std::unique_ptr<PartRequests>(new PartRequests(std::move(*requests), std::move(*ids), untagged));
  }
  // false: there are no more.
  Result<bool> next() {
    auto more = lines_.next(&line_);
    BR_RETURN_IF_ERROR(more);
    if (!*more) return false;
    auto entry = ids_.next();
    BR_RETURN_IF_ERROR(entry);
    if (*entry == nullptr)
      return Error(Code::store, requests_.path() + " is damaged: it has more lines than there are requests",
                   "put the file back from a copy");
    entry_ = *entry;
    return true;
  }
  std::uint64_t number() const { return entry_->number; }
  void add_to(InputDigest* digest) const {
    const std::string_view line(line_.data, line_.size);
    const bool stands_for = entry_->wire_id.data() != entry_->custom_id.data();
    if (untagged_ && !stands_for) return digest->add_own_id(entry_->token, line);
    digest->add(entry_->token, stands_for ? entry_->wire_id : std::string_view(), line);
  }

 private:
  PartRequests(File requests, IdFileReader ids, bool untagged)
      : requests_(std::move(requests)),
        ids_(std::move(ids)),
        untagged_(untagged),
        lines_([this](char* to, std::size_t most) { return requests_.read(to, most); }, kMaxRequestLine) {}
  File requests_;
  IdFileReader ids_;
  const bool untagged_;
  LineReader lines_;
  Line line_;
  const IdEntry* entry_ = nullptr;
};

Result<void> add_all(const Spool& spool, const RemoteBatch& batch, InputDigest* digest) {
  auto requests = PartRequests::open(spool, batch);
  BR_RETURN_IF_ERROR(requests);
  for (;;) {
    auto more = (*requests)->next();
    BR_RETURN_IF_ERROR(more);
    if (!*more) return {};
    (*requests)->add_to(digest);
  }
}

// Where a vendor mixes models, a canary of one model may be cut out of the others' requests: by their numbers all stand
// in the order of the input again.
Result<void> add_in_order(const Spool& spool, const std::vector<const RemoteBatch*>& parts, InputDigest* digest) {
  std::vector<std::unique_ptr<PartRequests>> open;
  for (const RemoteBatch* part : parts) {
    auto requests = PartRequests::open(spool, *part);
    BR_RETURN_IF_ERROR(requests);
    auto more = (*requests)->next();
    BR_RETURN_IF_ERROR(more);
    if (*more) open.push_back(std::move(*requests));
  }
  while (!open.empty()) {
    const auto least = std::min_element(open.begin(), open.end(),
                                        [](const auto& a, const auto& b) { return a->number() < b->number(); });
    (*least)->add_to(digest);
    auto more = (*least)->next();
    BR_RETURN_IF_ERROR(more);
    if (!*more) open.erase(least);
  }
  return {};
}

// parts: all of one kind, in their order.
Result<void> add_kind(const Spool& spool, const std::vector<const RemoteBatch*>& parts, InputDigest* digest) {
  if (parts.size() > 1 && mixes(parts.front()->provider)) return add_in_order(spool, parts, digest);
  for (const RemoteBatch* part : parts) {
    BR_RETURN_IF_ERROR(add_all(spool, *part, digest));
  }
  return {};
}

}  // namespace

// Two chains with keys of their own. It tells inputs apart that were not made to look alike; nobody gains by making such.
void InputDigest::absorb(std::string_view bytes) {
  first_ = fold(first_ ^ kFirst, bytes.size() ^ kThird);
  second_ = fold(second_ ^ kSecond, bytes.size() ^ kFourth);
  while (!bytes.empty()) {
    std::uint64_t words[2] = {};
    const std::size_t n = std::min(bytes.size(), sizeof words);
    std::memcpy(words, bytes.data(), n);
    first_ = fold(first_ ^ words[0] ^ kFirst, words[1] ^ kThird) + second_;
    second_ = fold(second_ ^ words[1] ^ kSecond, words[0] ^ kFourth) + (first_ << 1);
    bytes.remove_prefix(n);
  }
}

void InputDigest::add(std::string_view id_json, std::string_view wire_id, std::string_view line) {
  add_without(id_json, wire_id.empty() ? std::string_view::npos : line.find(wire_id), wire_id.size(), line);
}

void InputDigest::add_own_id(std::string_view id_json, std::string_view line) {
  constexpr std::size_t kColon = 1, kQuotes = 2;
  const std::size_t at = line.find(":" + std::string(id_json));
  const bool found = at != std::string_view::npos;
  add_without(id_json, found ? at + kColon + kQuotes / 2 : at, found ? id_json.size() - kQuotes : 0, line);
}

void InputDigest::add_without(std::string_view id_json, std::size_t at, std::size_t size, std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  absorb(id_json);
  if (at == std::string_view::npos) return absorb(line);
  absorb(line.substr(0, at));
  absorb(line.substr(at + size));
}

std::string InputDigest::text() const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (std::uint64_t half : {first_, second_}) {
    for (std::size_t i = 0; i < 2 * kWord; ++i, half <<= 4) out += kDigits[half >> (kWord * 8 - 4)];
  }
  return out;
}

InputDigest* JobDigests::of(const RemoteBatch& batch) {
  const Provider* provider = find_provider(batch.provider);
  const Capability any;
  const Capability& limits = provider == nullptr ? any : provider->capability();
  std::string kind = batch.provider + "@" + batch.account + "\n";
  if (limits.one_endpoint_per_batch) kind += std::to_string(static_cast<int>(batch.endpoint)) + batch.path;
  if (limits.one_model_per_batch) kind += "\n" + batch.model;
  const auto [at, is_first] = first_.emplace(std::move(kind), parts_.size());
  parts_.push_back(is_first ? std::make_unique<InputDigest>() : nullptr);
  return parts_[at->second].get();
}

std::vector<std::string> JobDigests::texts() const {
  std::vector<std::string> texts;
  for (const auto& part : parts_) texts.push_back(part == nullptr ? std::string() : part->text());
  return texts;
}

std::string input_of(const std::vector<RemoteBatch>& batches, const std::vector<std::string>& digests) {
  InputDigest all;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const RemoteBatch& batch = batches[i];
    if (digests[i].empty()) continue;
    all.add(batch.provider, "", batch.base_url);
    all.add(batch.account, "", batch.model);
    all.add(std::to_string(static_cast<int>(batch.endpoint)), batch.path, digests[i]);
  }
  return all.text();
}

Result<std::string> input_of_files(const Spool& spool, const Job& job) {
  JobDigests digests;
  std::vector<InputDigest*> kinds;  // of each part
  for (const RemoteBatch& batch : job.batches) kinds.push_back(digests.of(batch));
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (std::find(kinds.begin(), kinds.begin() + static_cast<std::ptrdiff_t>(i), kinds[i]) !=
        kinds.begin() + static_cast<std::ptrdiff_t>(i))
      continue;
    std::vector<const RemoteBatch*> parts;
    for (std::size_t part = i; part < kinds.size(); ++part) {
      if (kinds[part] == kinds[i]) parts.push_back(&job.batches[part]);
    }
    BR_RETURN_IF_ERROR(add_kind(spool, parts, kinds[i]));
  }
  return input_of(job.batches, digests.texts());
}

std::string input_of_retry(std::string_view parent) { return "retry of " + std::string(parent); }

}  // namespace br
