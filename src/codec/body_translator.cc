#include "codec/body_translator.h"

#include <algorithm>

#include "codec/words.h"

namespace br {
namespace {

// "max_output_tokens" and "maxOutputTokens" are one name.
std::string camel_name(const std::string& name) {
  std::string camel;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool joint = name[i] == '_' && i > 0 && i + 1 < name.size() && name[i + 1] >= 'a' && name[i + 1] <= 'z';
    camel.push_back(joint ? static_cast<char>(name[++i] - 'a' + 'A') : name[i]);
  }
  return camel;
}

// `said` holds the value between blanks.
bool is_said_anyway(std::string_view said, std::string_view value) {
  return !said.empty() && said.find(" " + std::string(value) + " ") != std::string_view::npos;
}

std::size_t generation_index(std::string_view name) {
  return static_cast<std::size_t>(std::find(kGenerationNames.begin(), kGenerationNames.end(), name) -
                                  kGenerationNames.begin());
}

}  // namespace

bool BodyTranslator::translate() {
  if (!by_table(native_.body_json, fields(), camel_names()) || !finish()) return false;
  write_generation();
  if (!write_reasoning()) return false;
  write_tool_choice();
  if (!kwargs_.empty()) out_.own(",\"provider_kwargs\":{").own(kwargs_).own("}");
  return true;
}

bool BodyTranslator::by_table(std::string_view object, std::span<const BodyField> table, bool camel) {
  for (const JsonSlice& member : json_members(object)) {
    const std::string name = camel ? camel_name(member.name) : member.name;
    const auto rule =
        std::find_if(table.begin(), table.end(), [&](const BodyField& each) { return each.name == name; });
    const bool good = rule == table.end() ? left_out(member.value) : by_rule(*rule, member.value);
    if (!good) return false;
  }
  return true;
}

bool BodyTranslator::by_rule(const BodyField& rule, std::string_view value) {
  switch (rule.fate) {
    case Fate::copied:
      out_.field(rule.to, value);
      out_.from(value);
      return true;
    case Fate::generation:
      return generation(rule.to, value);
    case Fate::own:
      return take(rule.name, value);
    case Fate::elsewhere:
      return true;
    case Fate::left:
      return is_said_anyway(rule.to, value) || left_out(value, rule.why);
    case Fate::never:
      return is_said_anyway(rule.to, value) ||
             refuse(value, std::string(rule.why) + "; remove it, or send the line to its own vendor");
  }
  return false;
}

bool BodyTranslator::refuse(std::string_view value, const std::string& why_and_fix) {
  const std::string path = out_.path_of(value);
  *issue_ = {out_.column_of(value), std::string(native_.custom_id), path, path + ": it " + why_and_fix};
  return false;
}

bool BodyTranslator::left_out(std::string_view value, std::string_view why, std::string_view fix) {
  const std::string reason =
      why.empty() ? "has no counterpart that " + std::string(target_.vendor) + " is known to take" : std::string(why);
  if (!target_.drop_unsupported) return refuse(value, reason + "; " + std::string(fix));
  warn(value, "it " + reason + "; it was left out");
  return true;
}

void BodyTranslator::warn(std::string_view value, const std::string& what) {
  if (warnings_ != nullptr) warnings_->push_back(out_.path_of(value) + ": " + what);
}

bool BodyTranslator::expect(std::string_view value, char first, std::string_view want) {
  return value.starts_with(first) || refuse(value, "is not " + std::string(want) + "; correct it");
}

bool BodyTranslator::generation(std::string_view name, std::string_view value) {
  std::string_view& token = generation_[generation_index(name)];
  if (!token.empty()) return refuse(value, "says again what " + out_.path_of(token) + " says; remove one of them");
  token = value;
  return true;
}

bool BodyTranslator::stops(std::string_view value) { return value == "[]" || generation("stop_sequences", value); }

void BodyTranslator::write_generation() {
  bool any = false;
  for (std::size_t i = 0; i < generation_.size(); ++i) {
    const std::string_view value = generation_[i];
    if (value.empty()) continue;
    out_.own(any ? ",\"" : ",\"generation_config\":{\"").own(kGenerationNames[i]).own("\":").mark(value);
    any = true;
    out_.stands_for(kGenerationFields[i].path, value);
    if (value.starts_with('"'))
      out_.own("[").from(value).own("]");
    else
      out_.from(value);
  }
  if (any) out_.own("}");
}

// A field of a function that has no place in the unified form would go to a vendor that may refuse the whole file for
// it.
bool BodyTranslator::check_function(std::string_view function) {
  for (const JsonSlice& member : json_members(function)) {
    if (!is_one_of(member.name,
                   {"type", "name", "description", "parameters", "input_schema", "strict", "cache_control"}))
      return refuse(member.value, "is no field of a function that other vendors have; remove it");
  }
  return true;
}

bool BodyTranslator::tools(std::string_view array) {
  if (!expect(array, '[', "an array")) return false;
  if (json_elements(array).empty()) return true;
  for (const std::string_view tool : json_elements(array)) {
    const std::string_view function = json_member(tool, "function");
    const std::string type = json_text(json_member(tool, "type"));
    if (!function.empty()) {
      if (!check_function(function)) return false;
    } else if (is_one_of(type, {"", "function", "custom"}) && !json_member(tool, "name").empty()) {
      if (!check_function(tool)) return false;
    }
  }
  out_.field("tools", array);
  out_.from(array);
  return true;
}

bool BodyTranslator::tool_choice(std::string_view value) {
  tool_choice_ = value;
  return true;
}

// One call at a time is said inside of Anthropic's form of the choice.
void BodyTranslator::write_tool_choice() {
  if (serial_.empty() && tool_choice_.empty()) return;
  const std::string_view given = tool_choice_.empty() ? serial_ : tool_choice_;
  const std::string word = json_text(tool_choice_);
  out_.field("tool_choice", given);
  if (!serial_.empty()) out_.stands_for("tool_choice.disable_parallel_tool_use", serial_);
  std::string_view name = json_member(json_member(tool_choice_, "function"), "name");
  if (name.empty()) name = json_member(tool_choice_, "name");
  if (serial_.empty() || word == "none") {
    out_.from(given);
  } else if (!name.empty()) {
    out_.own("{\"type\":\"tool\",\"name\":").from(name).own(",\"disable_parallel_tool_use\":true}");
  } else if (word == "required" || word == "any") {
    out_.own("{\"type\":\"any\",\"disable_parallel_tool_use\":true}");
  } else if (word == "auto" || tool_choice_.empty()) {
    out_.own("{\"type\":\"auto\",\"disable_parallel_tool_use\":true}");
  } else {
    out_.from(given);
  }
}

bool BodyTranslator::effort(std::string_view value) {
  if (!effort_.empty()) return refuse(value, "says again what " + out_.path_of(effort_) + " says; remove one of them");
  effort_ = value;
  return true;
}

bool BodyTranslator::budget(std::string_view value) {
  budget_ = value;
  return true;
}

bool BodyTranslator::write_reasoning() {
  if (!no_reasoning_.empty()) {
    if (!effort_.empty() &&
        !left_out(effort_, "asks for effort while " + out_.path_of(no_reasoning_) + " turns reasoning off",
                  "remove one of them"))
      return false;
    out_.field("reasoning", no_reasoning_);
    out_.own("\"none\"");
  } else if (!budget_.empty()) {
    out_.field("reasoning", budget_);
    out_.stands_for("reasoning.budget_tokens", budget_);
    out_.own("{\"budget_tokens\":").from(budget_);
    if (!effort_.empty()) {
      out_.stands_for("reasoning.effort", effort_);
      out_.own(",\"effort\":").from(effort_);
    }
    out_.own("}");
  } else if (!effort_.empty()) {
    out_.field("reasoning", effort_);
    out_.from(effort_);
  }
  return true;
}

void BodyTranslator::kwarg(std::string_view name, std::string_view member, std::string_view value) {
  out_.stands_for("provider_kwargs." + std::string(name), value);
  kwargs_.append(kwargs_.empty() ? "\"" : ",\"").append(name).append("\":");
  if (!member.empty())
    kwargs_.append("{\"").append(member).append("\":").append(value).append("}");
  else
    kwargs_.append(value);
}

bool BodyTranslator::answers(std::string_view value) {
  if (value == "1") return true;
  const bool claude = native_.model.find("claude") != std::string_view::npos ||
                      target_.default_model.find("claude") != std::string_view::npos;
  if (target_.form == LineForm::openai)
    kwarg("n", "", value);
  else if (target_.form == LineForm::gemini && !claude)
    kwarg("generationConfig", "candidateCount", value);
  else
    return left_out(value, "asks for several answers, and " + std::string(target_.vendor) + " gives one to a request",
                    "remove it, or write the line as often as you want answers");
  return true;
}

bool BodyTranslator::dimensions(std::string_view value) {
  if (target_.vendor == "Mistral")
    kwarg("output_dimension", "", value);
  else if (target_.form == LineForm::openai)
    kwarg("dimensions", "", value);
  else if (target_.form == LineForm::gemini)
    kwarg("outputDimensionality", "", value);
  else
    return left_out(value, {}, "remove it, or give the vendor's own field in a unified line's provider_kwargs");
  return true;
}

}  // namespace br
