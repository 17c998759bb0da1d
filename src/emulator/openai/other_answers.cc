// Answers of the endpoints beside chat: moderations, and completions of a plain prompt.
#include <string>

#include "emulator/base/hash.h"
#include "emulator/openai/answer_parts.h"

namespace br::emulator {
namespace {

constexpr std::string_view kCategories[] = {
    "harassment", "harassment/threatening", "hate",     "hate/threatening",       "illicit",
    "illicit/violent", "self-harm",         "self-harm/intent", "self-harm/instructions", "sexual",
    "sexual/minors", "violence",           "violence/graphic"};

// A text with this word in it is flagged, so that a test can ask for it.
constexpr std::string_view kFlaggedWord = "violence";

void write_judgement(json::Writer& out, std::string_view text, uint64_t hash) {
  const bool flagged = text.find(kFlaggedWord) != std::string_view::npos;
  out.begin_object().key("flagged").boolean(flagged).key("categories").begin_object();
  for (const std::string_view name : kCategories) out.key(name).boolean(flagged && name == kFlaggedWord);
  out.end_object().key("category_scores").begin_object();
  for (const std::string_view name : kCategories) {
    const double low = static_cast<double>(mix(hash + name.size()) % 1000) / 1e7;
    out.key(name).real(flagged && name == kFlaggedWord ? 0.98 : low);
  }
  out.end_object().key("category_applied_input_types").begin_object();
  for (const std::string_view name : kCategories) out.key(name).begin_array().string("text").end_array();
  out.end_object().end_object();
}

// The text of one input: a string, or a part {"type":"text","text"}.
std::string_view text_of(const json::Value& input) {
  if (input.IsString()) return json::view(input);
  return input.IsObject() ? json::string_member(input, "text") : std::string_view();
}

}  // namespace

Tokens write_moderation(json::Writer& out, const Question& question, const json::Value& body) {
  out.begin_object().field("id", "modr-" + hex(question.hash)).field("model", model_of(question, body));
  out.key("results").begin_array();
  const json::Value* const input = json::member(body, "input");
  const bool many = input != nullptr && input->IsArray();
  const bool parts = many && !input->Empty() && (*input)[0].IsObject();  // of one input
  if (many && !parts) {
    for (const json::Value& each : input->GetArray()) write_judgement(out, text_of(each), question.hash);
  } else if (parts) {
    write_judgement(out, text_of((*input)[0]), question.hash);
  } else if (input != nullptr) {
    write_judgement(out, text_of(*input), question.hash);
  }
  out.end_array().end_object();
  return {0, 0};
}

Tokens write_completion(json::Writer& out, const Question& question, const json::Value& body) {
  static const json::Value kNothing(rapidjson::kArrayType);
  const json::Value* const given = json::member(body, "prompt");
  const json::Value& prompt = given != nullptr ? *given : kNothing;
  const std::string text = answer_text(question, prompt);
  const Tokens tokens = tokens_of(prompt, text);
  out.begin_object().field("id", "cmpl-" + hex(question.hash)).field("object", "text_completion");
  out.field("created", question.now_s).field("model", model_of(question, body)).key("choices").begin_array();
  out.begin_object().field("text", text).field("index", int64_t{0}).null_field("logprobs");
  out.field("finish_reason", "stop").end_object().end_array().key("usage").begin_object();
  out.field("prompt_tokens", tokens.input).field("completion_tokens", tokens.output);
  out.field("total_tokens", tokens.input + tokens.output).end_object().end_object();
  return tokens;
}

}  // namespace br::emulator
