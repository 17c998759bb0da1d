#include <string>

#include "emulator/base/hash.h"
#include "emulator/openai/answer_parts.h"

namespace br::emulator {

std::string_view wanted_function(const json::Value& body) {
  const json::Value* const choice = json::member(body, "tool_choice");
  const json::Value* const tools = json::member(body, "tools");
  if (choice == nullptr || tools == nullptr || !tools->IsArray() || tools->Empty()) return {};
  const auto name_of = [](const json::Value& tool) {
    const json::Value* const function = json::member(tool, "function");
    return function != nullptr ? json::string_member(*function, "name") : json::string_member(tool, "name");
  };
  if (choice->IsObject()) return name_of(*choice);
  return choice->IsString() && json::view(*choice) == "required" ? name_of((*tools)[0]) : std::string_view();
}

bool wants_json(const json::Value& body) {
  const json::Value* format = json::member(body, "response_format");
  const json::Value* const text = json::member(body, "text");
  if (format == nullptr && text != nullptr) format = json::member(*text, "format");
  return format != nullptr && json::string_member(*format, "type").substr(0, 4) == "json";
}

std::string as_json(std::string_view text) {
  json::Writer out;
  return out.begin_object().field("answer", text).end_object().str();
}

namespace {

void write_tool_call(json::Writer& out, AnswerShape shape, std::string_view text, std::string_view function,
                     uint64_t hash) {
  out.begin_object().field("id", "call_" + hex(hash)).field("type", "function");
  out.key("function").begin_object().field("name", function).field("arguments", as_json(text)).end_object();
  if (shape == AnswerShape::kTogether || shape == AnswerShape::kMistral) out.field("index", int64_t{0});
  out.end_object();
}

void write_message(json::Writer& out, AnswerShape shape, std::string_view text, std::string_view function,
                   uint64_t hash) {
  out.begin_object().field("role", "assistant");
  if (function.empty()) {
    out.field("content", text);
    if (shape == AnswerShape::kTogether) out.key("tool_calls").begin_array().end_array();
    if (shape == AnswerShape::kMistral) out.null_field("tool_calls");
  } else {
    // Mistral's content is an empty text then.
    if (shape == AnswerShape::kMistral) {
      out.field("content", "");
    } else {
      out.null_field("content");
    }
    out.key("tool_calls").begin_array();
    write_tool_call(out, shape, text, function, hash);
    out.end_array();
  }
  if (shape == AnswerShape::kOpenAi) out.null_field("refusal").key("annotations").begin_array().end_array();
  out.end_object();
}

void write_usage(json::Writer& out, AnswerShape shape, Tokens tokens) {
  out.begin_object().field("prompt_tokens", tokens.input);
  out.field("completion_tokens", tokens.output).field("total_tokens", tokens.input + tokens.output);
  const bool openai = shape == AnswerShape::kOpenAi;
  if (openai || shape == AnswerShape::kGroq) {
    out.key("prompt_tokens_details").begin_object().field("cached_tokens", tokens.cache_read);
    if (openai) out.field("audio_tokens", int64_t{0});
    out.end_object().key("completion_tokens_details").begin_object().field("reasoning_tokens", int64_t{0});
    if (openai) {
      out.field("audio_tokens", int64_t{0}).field("accepted_prediction_tokens", int64_t{0});
      out.field("rejected_prediction_tokens", int64_t{0});
    }
    out.end_object();
  }
  out.end_object();
}

}  // namespace

Tokens write_chat(json::Writer& out, const Question& question, const json::Value& body) {
  static const json::Value kNothing(rapidjson::kArrayType);
  const AnswerShape shape = question.shape;
  const json::Value* const given = json::member(body, "messages");
  const json::Value* messages = given != nullptr ? given : json::member(body, "input");
  if (messages == nullptr) messages = json::member(body, "prompt");
  const json::Value& asked = messages != nullptr ? *messages : kNothing;
  std::string text = answer_text(question, asked);
  const std::string_view function = wanted_function(body);
  if (wants_json(body)) text = as_json(text);
  const json::Value* const n = json::member(body, "n");
  const int64_t choices = n != nullptr && n->IsInt64() ? n->GetInt64() : 1;
  Tokens tokens = tokens_of(asked, text);
  tokens.output *= choices;
  tokens.cache_read = question.cached_tokens;
  out.begin_object().field("id", "chatcmpl-" + hex(question.hash)).field("object", "chat.completion");
  out.field("created", question.now_s).field("model", model_of(question, body));
  if (shape == AnswerShape::kTogether) out.key("prompt").begin_array().end_array();
  out.key("choices").begin_array();
  for (int64_t i = 0; i < choices; ++i) {
    out.begin_object().field("index", i).key("message");
    write_message(out, shape, text, function, question.hash + static_cast<uint64_t>(i));
    if (shape == AnswerShape::kOpenAi || shape == AnswerShape::kGroq) out.null_field("logprobs");
    out.field("finish_reason", function.empty() ? "stop" : "tool_calls").end_object();
  }
  out.end_array().key("usage");
  write_usage(out, shape, tokens);
  if (shape == AnswerShape::kOpenAi) out.field("service_tier", "default");
  if (shape == AnswerShape::kGroq) out.field("service_tier", "on_demand");
  if (shape == AnswerShape::kOpenAi || shape == AnswerShape::kGroq) out.field("system_fingerprint", "fp_emulator");
  out.end_object();
  return tokens;
}

}  // namespace br::emulator
