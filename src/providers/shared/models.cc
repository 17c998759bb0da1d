#include "providers/shared/models.h"

#include <algorithm>
#include <array>
#include <span>

#include "codec/json_read.h"
#include "providers/shared/built_in_models.h"

namespace br {
namespace {

constexpr std::array<std::string_view, 8> kEfforts = {"none", "minimal", "low", "medium", "high", "xhigh", "max", "default"};
constexpr std::array<std::string_view, 4> kThinking = {"adaptive", "enabled", "disabled", "between_tools"};
constexpr std::array<std::string_view, 4> kThinkingForms = {"word", "budget", "on_off", "prompt_mode"};
constexpr std::array<std::string_view, 10> kRefusals = {
    "temperature", "top_p",        "top_k",      "penalties",             "stop",
    "prefill",     "forced_tools", "chat_tools", "temperature_with_top_p", "disabled_above_high"};

using KnownWords = std::span<const std::string_view>;

std::string join(KnownWords words) {
  std::string text;
  for (const std::string_view word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads the fields of one row; the first that is wrong is kept.
class FactsReader {
 public:
  FactsReader(const Json& row, std::string name) : row_(row), name_(std::move(name)) {}

  ModelFacts read() {
    ModelFacts facts;
    for (const auto& [key, value] : row_.fields()) {
      if (key == "efforts") some(key, value, kEfforts, &facts.efforts.emplace());
      else if (key == "thinking") some(key, value, kThinking, &facts.thinking.emplace());
      else if (key == "refuses") some(key, value, kRefusals, &facts.refuses);
      else if (key == "refuses_reasoning") some(key, value, kRefusals, &facts.refuses_reasoning);
      else if (key == "form") one(key, value, kThinkingForms, &facts.form);
      else if (key == "default_effort") one(key, value, kEfforts, &facts.default_effort.emplace());
      else if (key == "budget") budget(value, &facts);
      else if (key != "provider" && key != "models" && key != "source" && key != "seen")
        wrong(key, "is no field of a row");
    }
    return facts;
  }
  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const Json& name : row_["models"].items())
      if (!name.string().empty()) names.emplace_back(name.string());
    if (names.empty()) wrong("models", "has to name one or more models");
    if (row_["provider"].string().empty()) wrong("provider", "has to name a provider");
    return names;
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  void wrong(std::string_view key, const std::string& why) {
    if (error_) return;
    error_ = Error(Code::config, name_ + ": " + std::string(key) + " " + why + ", in the row " + std::string(row_.raw()),
                   "mend the row; docs/models.md says what may stand there");
  }
  template <class E>
  void one(std::string_view key, const Json& value, KnownWords words, E* out) {
    const auto at = std::find(words.begin(), words.end(), value.string());
    if (at == words.end()) return wrong(key, "is none of " + join(words));
    *out = static_cast<E>(at - words.begin());
  }
  template <class E>
  void some(std::string_view key, const Json& value, KnownWords words, Few<E>* out) {
    if (!value.is_array()) return wrong(key, "is no array");
    for (const Json& item : value.items()) {
      E each{};
      one(key, item, words, &each);
      out->add(each);
    }
  }
  void budget(const Json& value, ModelFacts* facts) {
    const auto& ends = value.items();
    const std::int64_t least = ends.size() == 2 ? ends[0].integer().value_or(-1) : -1;
    const std::int64_t most = ends.size() == 2 ? ends[1].integer().value_or(-1) : -1;
    if (least < 0 || most < least) return wrong("budget", "is not [least, most] tokens");
    facts->least_budget = least;
    facts->most_budget = most;
  }

  const Json& row_;
  std::string name_;
  std::optional<Error> error_;
};

}  // namespace

std::string_view word_of(Effort effort) { return kEfforts[static_cast<std::size_t>(effort)]; }

std::string_view word_of(Thinking type) { return kThinking[static_cast<std::size_t>(type)]; }

std::optional<Effort> read_effort(std::string_view word) {
  const auto at = std::find(kEfforts.begin(), kEfforts.end(), word);
  if (at == kEfforts.end()) return std::nullopt;
  return static_cast<Effort>(at - kEfforts.begin());
}

std::optional<Effort> fit_effort(Effort word, const Few<Effort>& efforts) {
  if (efforts.has(word)) return word;
  if (word == Effort::none) return std::nullopt;
  for (auto i = static_cast<int>(word) - 1; i > static_cast<int>(Effort::none); --i)
    if (efforts.has(static_cast<Effort>(i))) return static_cast<Effort>(i);
  for (auto i = static_cast<int>(word) + 1; i <= static_cast<int>(Effort::standard); ++i)
    if (efforts.has(static_cast<Effort>(i))) return static_cast<Effort>(i);
  return std::nullopt;
}

std::string list_efforts(const Few<Effort>& efforts) {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < kEfforts.size(); ++i)
    if (efforts.has(static_cast<Effort>(i))) words.push_back(kEfforts[i]);
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text.append(i == 0 ? "" : i + 1 == words.size() ? " and " : ", ").append(words[i]);
  return text;
}

bool fits_name(std::string_view id, std::string_view name) {
  for (std::size_t at = id.find(name); at != std::string_view::npos; at = id.find(name, at + 1)) {
    if (at > 0 && std::string_view("./:").find(id[at - 1]) == std::string_view::npos) continue;
    const std::string_view rest = id.substr(at + name.size());
    if (rest.empty()) return true;
    if (is_digit(rest.front()) || (rest.front() >= 'a' && rest.front() <= 'z')) continue;  // inside of a word
    std::size_t digits = 1;
    while (digits < rest.size() && is_digit(rest[digits])) ++digits;
    const bool number = digits > 1 && (digits == rest.size() || std::string_view("-.:@/").find(rest[digits]) != std::string_view::npos);
    const bool version = number && digits <= 3 && (rest.front() == '-' || rest.front() == '.');
    if (!version) return true;
  }
  return false;
}

const ModelTable& ModelTable::built_in() {
  static const ModelTable table = [] {
    auto parsed = parse(built_in_models(), "the built-in table of models");
    return parsed ? std::move(*parsed) : ModelTable();
  }();
  return table;
}

Result<ModelTable> ModelTable::parse(std::string_view text, const std::string& name) {
  std::string why;
  const auto json = Json::parse(text, &why);
  if (json == nullptr || !(*json)["models"].is_array())
    return Error(Code::config, name + ": is no table of models" + (why.empty() ? "" : " (" + why + ")"),
                 "write {\"date\":\"…\",\"models\":[{\"provider\":\"…\",\"models\":[\"…\"],…},…]}");
  ModelTable table;
  table.date_ = (*json)["date"].string_or("undated");
  for (const Json& item : (*json)["models"].items()) {
    FactsReader reader(item, name);
    const ModelFacts facts = reader.read();
    for (std::string& model : reader.names())
      table.rows_.push_back({(item)["provider"].string_or(""), std::move(model), facts});
    if (reader.error()) return Error(*reader.error());
  }
  return table;
}

const ModelFacts& ModelTable::find(std::string_view provider, std::string_view model) const {
  static const ModelFacts kUnknown;
  const Row* best = nullptr;
  for (const Row& row : rows_) {
    if (row.provider != provider || (best != nullptr && row.name.size() <= best->name.size())) continue;
    if (fits_name(model, row.name)) best = &row;
  }
  return best == nullptr ? kUnknown : best->facts;
}

const ModelFacts& ModelLookup::find(std::string_view provider, std::string_view model) {
  if (facts_ == nullptr || model_ != model || provider_ != provider) {
    provider_ = provider;
    model_ = model;
    facts_ = &table_->find(provider, model);
  }
  return *facts_;
}

}  // namespace br
