#include "emulator/batches/faults.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <initializer_list>
#include <iterator>

namespace br::emulator {
namespace {

// A bend changes what the request asks for or how its answer is shown, and leaves room for one fault of the answer.
enum class Where { kRequest, kBend, kBatch };

struct Kind {
  std::string_view name;
  Where where;
  bool executes;  // the request does its work although its answer is spoilt
  std::initializer_list<std::string_view> values;
};

// The whole vocabulary; docs/emulator.md explains each word.
const Kind kKinds[] = {
    {"status", Where::kRequest, false, {"status", "code", "type", "message", "body", "retry_after", "execute"}},
    {"insufficient_quota", Where::kRequest, false, {}},
    {"rate_limited", Where::kRequest, false, {"retry_after"}},
    {"reset_before_read", Where::kRequest, false, {}},
    {"reset_after_read", Where::kRequest, false, {}},
    {"reset_after_execute", Where::kRequest, true, {}},
    {"truncated", Where::kRequest, true, {"bytes"}},
    {"slow", Where::kRequest, true, {"bytes_per_s"}},
    {"delay", Where::kRequest, true, {"ms"}},
    {"empty", Where::kRequest, true, {}},
    {"html", Where::kRequest, false, {"status", "execute"}},
    {"wrong_json", Where::kRequest, true, {}},
    {"hang", Where::kRequest, false, {"execute"}},
    {"portal", Where::kRequest, false, {"form", "status", "location", "body", "execute"}},
    {"queue_full", Where::kRequest, false, {"status", "code", "type", "message", "body", "retry_after", "running"}},
    {"stranger_instead", Where::kRequest, true, {"copies", "ids"}},
    {"list_entry", Where::kRequest, true, {"form", "entry"}},
    {"empty_page", Where::kRequest, true, {}},
    {"page_repeats", Where::kRequest, true, {}},
    {"breaks", Where::kRequest, true, {"bytes", "range", "etag"}},
    {"small_pages", Where::kBend, true, {"entries"}},
    {"list_order", Where::kBend, true, {"order"}},
    {"rows_duplicated", Where::kBatch, true, {"rows"}},
    {"rows_missing", Where::kBatch, true, {"rows"}},
    {"rows_unknown", Where::kBatch, true, {"rows", "start"}},
    {"rows_huge", Where::kBatch, true, {"rows", "bytes"}},
    {"rows_with_key", Where::kBatch, true, {"rows", "form"}},
    {"look_alikes", Where::kBatch, true, {"copies", "ids"}},
    {"results_gone", Where::kBatch, true, {"which", "status", "code", "message", "downloads"}},
    {"late", Where::kBatch, true, {"ms"}},
    {"rows_malformed", Where::kBatch, true, {"rows"}},
    {"bom", Where::kBatch, true, {}},
    {"crlf", Where::kBatch, true, {}},
    {"blank_lines", Where::kBatch, true, {}},
    {"no_final_newline", Where::kBatch, true, {}},
    {"output_late", Where::kBatch, true, {"polls"}},
    {"error_file_only", Where::kBatch, true, {}},
    {"not_found", Where::kBatch, true, {"polls"}},
    {"listing_lag", Where::kBatch, true, {"lists", "ms"}},
    {"status_upper", Where::kBatch, true, {}},
    {"status_word", Where::kBatch, true, {"word", "polls"}},
    {"null_fields", Where::kBatch, true, {}},
    {"fail", Where::kBatch, true, {"code", "message", "running"}},
    {"expire", Where::kBatch, true, {"share"}},
    {"stall", Where::kBatch, true, {"share"}},
};

const Kind* kind_of(std::string_view name) {
  for (const Kind& kind : kKinds) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

// A single quote only opens where a value begins: texts have apostrophes.
bool opens_quote(char c, const std::string& word) {
  return c == '"' || (c == '\'' && (word.empty() || word.back() == '='));
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;  // the one that is open
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escaped = quote == '"' && c == '\\' && i + 1 < text.size();
    if (escaped && (text[i + 1] == '"' || text[i + 1] == '\\')) {
      word += text[++i];
    } else if (c == quote) {
      quote = 0;
    } else if (quote == 0 && opens_quote(c, word)) {
      quote = c;
    } else if (c == '#' && quote == 0 && word.empty()) {
      break;  // a comment
    } else if (c == ' ' && quote == 0) {
      if (!word.empty()) words.push_back(word);
      word.clear();
    } else {
      word += c;
    }
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

bool whole_number(std::string_view text, int& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= 0;
}

bool is_hole(std::string_view segment) { return segment == "*" || (segment.size() > 2 && segment.front() == '{'); }

bool route_matches(std::string_view route, const RequestHead& head) {
  const size_t space = route.find(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view method = route.substr(0, space);
  if (method != "*" && method != head.method) return false;
  if (route.substr(space + 1) == "*") return true;
  RequestHead pattern;
  parse_target(route.substr(space + 1), pattern);
  return std::equal(pattern.segments.begin(), pattern.segments.end(), head.segments.begin(), head.segments.end(),
                    [](const std::string& want, const std::string& have) { return is_hole(want) || want == have; });
}

}  // namespace

bool Fault::parse(std::string_view text, Fault& out, std::string& error) {
  const std::vector<std::string> words = words_of(text);
  const size_t route_words = !words.empty() && words[0] == "batch" ? 1 : 2;
  if (words.size() <= route_words) {
    error = "fault '" + std::string(text) + "' has no kind, write: METHOD PATH KIND or: batch KIND";
    return false;
  }
  out = Fault();
  out.route = route_words == 1 ? words[0] : words[0] + " " + words[1];
  out.kind = words[route_words];
  for (size_t i = route_words + 1; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    if (equals == std::string::npos) {
      error = "fault value '" + words[i] + "' has no '=', write: key=value";
      return false;
    }
    const std::string key = words[i].substr(0, equals);
    const std::string value = words[i].substr(equals + 1);
    if (key != "nth" && key != "count") {
      out.values[key] = value;
    } else if (!whole_number(value, key == "nth" ? out.nth : out.count)) {
      error = "fault value '" + words[i] + "' is no whole number";
      return false;
    }
  }
  error = out.problem();
  return error.empty();
}

namespace {

struct Choice {
  std::string_view kind;
  std::string_view name;
  std::initializer_list<std::string_view> words;
};

const Choice kChoices[] = {
    {"portal", "form", {"html", "json", "redirect"}},
    {"list_entry", "form", {"empty_id", "null_id", "no_id", "null", "number", "text", "other"}},
    {"breaks", "etag", {"strong", "weak", "none", "changing"}},
    {"list_order", "order", {"oldest", "mixed"}},
    {"stranger_instead", "ids", {"rows", "same"}},
    {"look_alikes", "ids", {"rows", "same"}},
    {"rows_with_key", "form", {"plain", "percent", "base64"}},
    {"results_gone", "which", {"output", "errors", "both"}},
};

// What is wrong with one value of a fault, empty if nothing is.
std::string value_problem(std::string_view kind, std::string_view name, const std::string& value) {
  static constexpr std::string_view kTexts[] = {"code", "type",        "message",  "body",
                                                "word", "retry_after", "location", "start"};
  if (std::find(std::begin(kTexts), std::end(kTexts), name) != std::end(kTexts)) return {};
  for (const Choice& choice : kChoices) {
    const bool taken = choice.kind == kind && choice.name == name;
    if (taken && std::find(choice.words.begin(), choice.words.end(), value) == choice.words.end()) {
      return "fault value '" + std::string(name) + "=" + value + "' is unknown, docs/emulator.md lists the words";
    }
    if (taken) return {};
  }
  if (name == "share") {
    char* end = nullptr;
    const double share = std::strtod(value.c_str(), &end);
    if (!value.empty() && *end == '\0' && share >= 0 && share <= 1) return {};
    return "fault value 'share=" + value + "' is no number from 0 to 1";
  }
  int number = 0;
  if (!whole_number(value, number)) return "fault value '" + std::string(name) + "=" + value + "' is no whole number";
  if (name == "status" && (number < 200 || number > 599)) return "fault value 'status=" + value + "' is no HTTP status";
  return {};
}

}  // namespace

std::string Fault::problem() const {
  const Kind* known = kind_of(kind);
  if (known == nullptr) return "unknown fault '" + kind + "', the kinds are listed in docs/emulator.md";
  const bool is_batch = route == "batch";
  if (is_batch != (known->where == Where::kBatch)) {
    return "fault '" + kind + "' on route '" + route + "' makes no sense, its route is " +
           (is_batch ? "METHOD /path" : "batch");
  }
  const size_t space = route.find(' ');
  if (!is_batch && (space == std::string::npos || (route[space + 1] != '/' && route.substr(space + 1) != "*"))) {
    return "fault route '" + route + "' is no 'METHOD /path'";
  }
  if (nth < 1) return "nth of fault '" + kind + "' is below 1";
  for (const auto& [name, value] : values) {
    if (std::find(known->values.begin(), known->values.end(), name) == known->values.end()) {
      return "fault '" + kind + "' takes no value '" + name + "'";
    }
    std::string wrong = value_problem(kind, name, value);
    if (!wrong.empty()) return wrong;
  }
  return {};
}

int64_t fault_number(const Fault& fault, const char* name, int64_t otherwise) {
  const auto found = fault.values.find(name);
  return found == fault.values.end() ? otherwise : std::strtoll(found->second.c_str(), nullptr, 10);
}

double fault_share(const Fault& fault, const char* name, double otherwise) {
  const auto found = fault.values.find(name);
  return found == fault.values.end() ? otherwise : std::clamp(std::strtod(found->second.c_str(), nullptr), 0.0, 1.0);
}

std::string fault_text(const Fault& fault, const char* name, std::string_view otherwise) {
  const auto found = fault.values.find(name);
  return found == fault.values.end() ? std::string(otherwise) : found->second;
}

bool fault_executes(const Fault& fault) {
  const Kind* kind = kind_of(fault.kind);
  return fault_number(fault, "execute", kind != nullptr && kind->executes ? 1 : 0) != 0;
}

LookAlikes look_alikes_of(const Fault& fault, bool instead) {
  LookAlikes wanted;
  wanted.copies = fault_number(fault, "copies", 1);
  wanted.same_ids = fault_text(fault, "ids", "rows") == "same";
  wanted.instead = instead;
  return wanted;
}

// A fault that waits for other batches to run counts only while they do.
bool FaultScript::due(Entry& entry, const Running& running) {
  const int64_t least = fault_number(entry.fault, "running", entry.fault.kind == "queue_full" ? 1 : 0);
  if (least > 0 && running() < least) return false;
  ++entry.seen;
  const int64_t past = entry.seen - entry.fault.nth;
  return past >= 0 && (entry.fault.count == 0 || past < entry.fault.count);
}

RequestFaults FaultScript::on_request(const RequestHead& head, const Running& running) {
  RequestFaults hit;
  for (Entry& entry : entries_) {
    if (entry.fault.route == "batch" || !route_matches(entry.fault.route, head)) continue;
    if (!due(entry, running)) continue;
    if (kind_of(entry.fault.kind)->where == Where::kBend) {
      hit.bends.push_back(entry.fault);
    } else if (!hit.spoils) {
      hit.spoils = entry.fault;
    }
  }
  return hit;
}

std::vector<Fault> FaultScript::on_batch(const Running& running) {
  std::vector<Fault> hits;
  for (Entry& entry : entries_) {
    if (entry.fault.route == "batch" && due(entry, running)) hits.push_back(entry.fault);
  }
  return hits;
}

}  // namespace br::emulator
