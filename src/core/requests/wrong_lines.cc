#include "core/requests/wrong_lines.h"

#include <algorithm>
#include <utility>

#include "codec/json_read.h"
#include "codec/utf8.h"
#include "providers/registry.h"

namespace br {
namespace {

constexpr std::size_t kMaxIssues = 100;
constexpr std::size_t kMaxMissing = 20;
constexpr std::size_t kMaxShownDuplicates = 20;  // each is looked up in its source
constexpr std::size_t kShownId = 80;
constexpr const char* kNameOne = "give one with --provider, br_batch_new, or \"provider\" in the line";

// One line of text for a terminal: an id may hold any character.
std::string shown_id(std::string_view id) {
  std::string shown = repair_utf8(id.substr(0, kShownId));
  for (std::size_t at = 0; at < shown.size(); ++at) {
    const auto c = static_cast<unsigned char>(shown[at]);
    if (c >= ' ' && c != 0x7f) continue;
    constexpr std::string_view kHex = "0123456789abcdef";
    const std::string escape = {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
    shown.replace(at, 1, escape);
    at += escape.size() - 1;
  }
  return shown;
}

}  // namespace

void WrongLines::add(const LinePlace& place, const Issue& issue) {
  ++total_;
  if (found_.size() >= kMaxIssues) return;
  std::string id = issue.custom_id.empty() ? "" : "[" + shown_id(issue.custom_id) + "] ";
  found_.push_back({place.row, place.source + ":" + std::to_string(place.number) + ":" + std::to_string(issue.column) +
                                   ": " + id + issue.message});
}

void WrongLines::add_missing_provider(const LinePlace& place, const Request& request, const std::string& name) {
  const std::string shown = repair_utf8(name.substr(0, kShownId));
  if (missing_.size() >= kMaxMissing || !missing_.insert(shown).second) return;
  Issue issue{std::max<std::uint32_t>(1, request.provider_column), std::string(request.custom_id), "provider", ""};
  if (name.empty())
    issue.message = std::string("the request names no provider, and the batch has none either; ") + kNameOne;
  else
    issue.message = "there is no provider \"" + shown + "\"; this build has: " + provider_names();
  add(place, issue);
}

std::size_t WrongLines::source_of(std::uint64_t row) const {
  const auto after = std::upper_bound(source_rows_.begin(), source_rows_.end(), row - 1);
  return static_cast<std::size_t>(after - source_rows_.begin()) - 1;
}

std::string WrongLines::place_of(std::uint64_t row) const {
  const std::size_t source = source_of(row);
  return sources_[source].name + ":" + std::to_string(row - source_rows_[source]);
}

// The custom_id of a row, by reading its source again; empty where that cannot be done.
WrongLines::Id WrongLines::id_at(std::uint64_t row) const {
  const std::size_t index = source_of(row);
  const RequestSource& source = sources_[index];
  std::string text = source.text;
  if (!source.path.empty()) {
    if (source.path == "-" || source.path.starts_with("/dev/")) return {};
    constexpr std::size_t kReadable = std::size_t{1} << 30;
    auto whole = files_->read_whole_file(source.path, kReadable);
    if (!whole) return {};
    text = std::move(*whole);
  }
  std::size_t at = 0;
  for (std::uint64_t skip = row - source_rows_[index]; skip > 1; --skip) at = text.find('\n', at) + 1;
  const std::string_view line = std::string_view(text).substr(at, text.find('\n', at) - at);
  const auto json = Json::parse(line);
  if (json == nullptr) return {};
  const std::string_view name = (*json)["key"].is_string()        ? "key"
                                : (*json)["recordId"].is_string() ? "recordId"
                                                                  : "custom_id";
  const Json& id = (*json)[name];
  const std::size_t key = line.find("\"" + std::string(name) + "\"");
  const std::size_t value = key == std::string_view::npos ? key : line.find(id.raw(), key + 1);
  return {id.string_or(""), value == std::string_view::npos ? 1 : value + 1};
}

void WrongLines::add_duplicates(const IdTable& ids) {
  std::size_t total = 0;
  const auto duplicates = ids.find(kMaxIssues, &total);
  total_ += total;
  for (const auto& [first, row] : duplicates) {
    const Id id = found_.size() < kMaxShownDuplicates ? id_at(row) : Id{};
    const std::string shown = id.text.empty() ? "" : " \"" + shown_id(id.text) + "\"";
    found_.push_back({row, place_of(row) + ":" + std::to_string(id.column) + ": the custom_id" + shown + " stands on " +
                               place_of(first) + " already; ids are unique in a batch; change one of them"});
  }
}

void WrongLines::explain_missing(Error* error) const {
  error->code = Code::no_provider;
  if (missing_.contains("")) {
    error->message = "requests name no provider; nothing was sent";
    error->hint = kNameOne;
    return;
  }
  std::string names;
  for (const std::string& name : missing_) names += (names.empty() ? "\"" : ", \"") + name + "\"";
  error->message = "there is no provider " + names + "; nothing was sent";
  error->hint = "this build has: " + provider_names();
}

Error WrongLines::report() {
  std::sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) { return a.row < b.row; });
  if (found_.size() > kMaxIssues) found_.resize(kMaxIssues);
  const std::string lines = std::to_string(total_) + (total_ == 1 ? " line is" : " lines are");
  Error error(Code::input, lines + " wrong; nothing was sent", "correct the input and run it again");
  if (missing_.size() == total_) explain_missing(&error);
  for (Found& item : found_) error.issues.push_back(std::move(item.text));
  error.issue_total = total_;
  return error;
}

}  // namespace br
