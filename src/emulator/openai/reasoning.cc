#include "emulator/openai/reasoning.h"

#include <algorithm>
#include <array>
#include <string>

namespace br::emulator {
namespace {

// Whether the model has that name, or a version or a size of it: "o3", "o3-mini", "o3-2025-04-16".
bool is_of(std::string_view model, std::string_view family) {
  return model.starts_with(family) && (model.size() == family.size() || model[family.size()] == '-');
}

// gpt-5.1 and later take a temperature where they do not reason.
bool is_always_reasoning(std::string_view model) {
  constexpr std::array<std::string_view, 4> kFamilies = {"o1", "o3", "o4", "gpt-5"};
  return model.find("chat") == std::string_view::npos &&
         std::any_of(kFamilies.begin(), kFamilies.end(), [model](auto family) { return is_of(model, family); });
}

bool is_reasoning(std::string_view model) {
  return is_always_reasoning(model) || (model.starts_with("gpt-5.") && model.find("chat") == std::string_view::npos);
}

std::string quoted_name(std::string_view name) { return "'" + std::string(name) + "'"; }

struct Default {
  std::string_view name;
  double value;
};

bool is_given(const json::Value& body, std::string_view name) {
  const json::Value* const given = json::member(body, name);
  return given != nullptr && !given->IsNull() && !given->IsFalse();
}

// Of the models whose names say that they reason.
BodyProblem grok_problem(std::string_view model, const json::Value& body) {
  const bool named = model.find("reasoning") != model.npos && model.find("non-reasoning") == model.npos;
  if (!named && model != "grok-4" && model != "grok-4-0709" && !is_of(model, "grok-3-mini")) return {};
  for (const std::string_view name : {"stop", "presence_penalty", "frequency_penalty"}) {
    if (is_given(body, name))
      return {"Argument not supported on this model: " + std::string(name), std::string(name), {}};
  }
  return {};
}

BodyProblem openai_problem(std::string_view model, std::string_view endpoint, const json::Value& body) {
  if (!is_reasoning(model)) return {};
  const json::Value* const limit = endpoint == "/v1/chat/completions" ? json::member(body, "max_tokens") : nullptr;
  if (limit != nullptr && !limit->IsNull())
    return {
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "max_tokens", "unsupported_parameter"};
  if (!is_always_reasoning(model)) return {};
  static constexpr std::array<Default, 4> kDefaults = {
      {{"temperature", 1}, {"top_p", 1}, {"presence_penalty", 0}, {"frequency_penalty", 0}}};
  for (const auto& [name, value] : kDefaults) {
    const json::Value* const given = json::member(body, name);
    if (given == nullptr || !given->IsNumber() || given->GetDouble() == value) continue;
    return {"Unsupported value: " + quoted_name(name) +
                " does not support that value with this model. Only the default (" +
                std::to_string(static_cast<int>(value)) + ") value is supported.",
            std::string(name), "unsupported_value"};
  }
  const bool no_stops = is_of(model, "o3") || is_of(model, "o4");
  for (const std::string_view name : {"logit_bias", "logprobs", "top_logprobs", "stop"}) {
    if (!is_given(body, name) || (name == "stop" && !no_stops)) continue;
    return {"Unsupported parameter: " + quoted_name(name) + " is not supported with this model.", std::string(name),
            "unsupported_parameter"};
  }
  return {};
}

}  // namespace

BodyProblem reasoning_model_problem(Reasoners whose, std::string_view endpoint, const json::Value& body) {
  const std::string_view model = json::string_member(body, "model");
  if (whose == Reasoners::kOpenAi) return openai_problem(model, endpoint, body);
  return whose == Reasoners::kXai ? grok_problem(model, body) : BodyProblem();
}

}  // namespace br::emulator
