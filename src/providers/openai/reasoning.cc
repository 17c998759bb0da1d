#include "providers/openai/reasoning.h"

#include "providers/shared/given.h"
#include "providers/shared/unified_fields.h"

namespace br {

// The word as the model has it; *json stays empty where nothing is to be said.
bool OpenAiReasoning::fit_word(std::string_view token, std::string* json) {
  const ModelFacts& model = facts_of_model(d_.provider);
  const std::string given(inside(token));
  if (!model.efforts) {
    json->assign(token);
    return true;
  }
  const auto word = read_effort(given);
  if (word == Effort::none && model.never_reasons()) return true;
  if (model.efforts->empty())
    return unsupported(r_.reasoning_column, "reasoning",
                       model.never_reasons() ? "has no reasoning with this model"
                                             : "takes no effort with this model, which always reasons",
                       "remove it, or use another model");
  const auto fit = word ? fit_effort(*word, *model.efforts) : std::nullopt;
  if (!fit)
    return unsupported(r_.reasoning_column, "reasoning",
                       "takes the efforts " + list_efforts(*model.efforts) + " with this model, not " + given,
                       "use one of them");
  if (*fit != *word)
    note("reasoning: the model takes the efforts " + list_efforts(*model.efforts) + ", not " + given + "; " +
         std::string(word_of(*fit)) + " is sent");
  json->append("\"").append(word_of(*fit)).push_back('"');
  return true;
}

bool OpenAiReasoning::write_word(std::string_view token, BodyWriter* w) {
  std::string json;
  if (!fit_word(token, &json)) return false;
  switch (facts_of_model(d_.provider).form) {
    case ReasoningForm::on_off:
      if (!json.empty() && w->begin("reasoning"))
        out_->append(json == "\"none\"" ? "{\"enabled\":false}" : "{\"enabled\":true}");
      return true;
    case ReasoningForm::prompt_mode:
      if (!json.empty() && w->begin("prompt_mode")) out_->append("\"reasoning\"");
      return true;
    default:
      w->field("reasoning_effort", json);
      return true;
  }
}

bool OpenAiReasoning::write_effort(BodyWriter* w) {
  const std::string_view token = r_.reasoning_json;
  if (token.empty()) return true;
  if (token.front() != '{') return write_word(token, w);
  JsonCursor cursor(token.data(), token.size());
  cursor.enter_object();
  std::string_view key, value;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    if (value == "null") continue;
    if (key == "\"effort\"") {
      if (!write_word(value, w)) return false;
    } else if (!unsupported(r_.reasoning_column, "reasoning." + std::string(inside(key)),
                            "takes only the effort on chat completions",
                            d_.responses ? "remove it or use the endpoint responses" : "remove it")) {
      return false;
    }
  }
  return true;
}

bool OpenAiReasoning::write_object(BodyWriter* w) {
  const std::string_view token = r_.reasoning_json;
  if (token.empty()) return true;
  std::string fields;
  const auto add = [&fields](std::string_view key, std::string_view json) {
    if (!json.empty()) fields.append(fields.empty() ? "" : ",").append(key).append(":").append(json);
  };
  std::string word;
  if (token.front() != '{') {
    if (!fit_word(token, &word)) return false;
    add("\"effort\"", word);
  }
  JsonCursor cursor(token.data(), token.size());
  std::string_view key, value;
  if (token.front() == '{') cursor.enter_object();
  while (token.front() == '{' && cursor.next_key(&key) && cursor.skip(&value)) {
    if (value == "null") continue;
    if (key == "\"budget_tokens\"") {
      if (!unsupported(r_.reasoning_column, "reasoning.budget_tokens", "takes an effort, no budget", "give the effort"))
        return false;
    } else if (key == "\"effort\"") {
      if (!fit_word(value, &word)) return false;
      add(key, word);
    } else {
      add(key, value);
    }
  }
  if (!fields.empty()) w->object("reasoning", fields);
  return true;
}

// The effort that the request will ask for, and where that stands; false: one in provider_kwargs that the model has
// not.
bool OpenAiReasoning::read_asked_effort(const BodyWriter& w, std::optional<Effort>* effort, std::string* path) {
  const ModelFacts& model = facts_of_model(d_.provider);
  std::string_view word = w.under_name("reasoning_effort");
  *path = "provider_kwargs.reasoning_effort";
  if (word.empty() || word.front() == '{') {
    word = member_of(w.under_name("reasoning"), "effort");
    *path = "provider_kwargs.reasoning.effort";
  }
  if (word.empty() || word == "null") {
    const std::string_view own = r_.reasoning_json;
    *path = "reasoning";
    const auto asked = read_effort(inside(own.starts_with('{') ? member_of(own, "effort") : own));
    *effort = asked && model.efforts ? fit_effort(*asked, *model.efforts) : asked;
    return true;
  }
  *effort = read_effort(inside(word));
  if (!model.efforts || (*effort && model.efforts->has(**effort))) return true;
  return refuse(column_of(word), *path,
                *path + ": " + std::string(d_.vendor) +
                    (model.efforts->empty() ? " takes no effort with this model; remove it"
                                            : " takes the efforts " + list_efforts(*model.efforts) +
                                                  " with this model; use one of them"));
}

bool OpenAiReasoning::obey_model(const BodyWriter& w) {
  const ModelFacts& model = facts_of_model(d_.provider);
  if (model.refuses.empty() && model.refuses_reasoning.empty() && !model.efforts) return true;
  // The ordinary line: nothing asks for reasoning, and the model does not reason by itself.
  const bool silent = r_.reasoning_json.empty() && r_.provider_kwargs_json.empty();
  if (silent && model.refuses.empty() && !model.default_effort) return true;
  std::optional<Effort> asked;
  std::string path;
  if (!read_asked_effort(w, &asked, &path)) return false;
  const auto effort = asked ? asked : model.default_effort;
  const bool reasons = effort && *effort != Effort::none;
  const Generation& g = r_.generation;
  struct Rule {
    Refusal refusal;
    Given value;
    double harmless;
    std::string_view Generation::*token;
  };
  for (const Rule& rule : {
           Rule{Refusal::temperature, given(w, "temperature", g.temperature, "generation_config.temperature"), 1,
                &Generation::temperature},
           Rule{Refusal::top_p, given(w, "top_p", g.top_p, "generation_config.top_p"), 1, &Generation::top_p},
           Rule{Refusal::penalties,
                given(w, "presence_penalty", g.presence_penalty, "generation_config.presence_penalty"), 0,
                &Generation::presence_penalty},
           Rule{Refusal::penalties,
                given(w, "frequency_penalty", g.frequency_penalty, "generation_config.frequency_penalty"), 0,
                &Generation::frequency_penalty},
           Rule{Refusal::stop, given(w, "stop", g.stop_sequences_json, "generation_config.stop_sequences"), -1,
                &Generation::stop_sequences_json}}) {
    const bool always = model.refuses.has(rule.refusal);
    if (!rule.value.is_there() || !(always || (reasons && model.refuses_reasoning.has(rule.refusal)))) continue;
    if (rule.refusal != Refusal::stop && number_of(rule.value.json) == rule.harmless) continue;
    const std::string why = always ? "does not take it with this model, which reasons"
                                   : "does not take it while this model reasons (" +
                                         (asked ? path : "it does so where reasoning is left out") + ")";
    const BrokenRule broken{r_.generation_column, rule.value.path(), why, always ? "remove it" : "remove one of them",
                            !rule.value.in_kwargs()};
    if (!obey(broken, [&] {
          if (!left_) left_ = r_.generation;
          (*left_).*rule.token = {};
        }))
      return false;
  }
  if (r_.endpoint != Endpoint::chat || !asked || !reasons || r_.tools_json.empty() ||
      !model.refuses_reasoning.has(Refusal::chat_tools))
    return true;
  return refuse(r_.tools_column, "tools",
                "tools: " + std::string(d_.vendor) + " takes no tools beside an effort (" + path +
                    ") with this model on chat completions; use the endpoint responses, or the effort none");
}

}  // namespace br
