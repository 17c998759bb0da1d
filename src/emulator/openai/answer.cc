#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "emulator/base/hash.h"
#include "emulator/openai/answer_parts.h"

namespace br::emulator {
namespace {

constexpr size_t kEchoBytes = 80;
constexpr int64_t kDefaultDimensions = 8;  // as many as are worth their bytes in a test
constexpr int64_t kBytesPerToken = 4;

// The first words of a text, not cut inside a character.
std::string_view beginning(std::string_view text) {
  size_t end = std::min(text.size(), kEchoBytes);
  while (end > 0 && end < text.size() && (text[end] & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

// The text of the last message or input item, whichever way it is written.
std::string_view last_text(const json::Value& value) {
  if (value.IsString()) return json::view(value);
  if (value.IsObject()) {
    for (const char* name : {"content", "parts"}) {
      const json::Value* const inner = json::member(value, name);
      if (inner != nullptr) return last_text(*inner);
    }
    return json::string_member(value, "text");
  }
  if (!value.IsArray()) return {};
  for (rapidjson::SizeType i = value.Size(); i > 0; --i) {
    const std::string_view text = last_text(value[i - 1]);
    if (!text.empty()) return text;
  }
  return {};
}

int64_t text_bytes(const json::Value& value) {
  if (value.IsString()) return static_cast<int64_t>(value.GetStringLength());
  int64_t total = 0;
  if (value.IsArray()) {
    for (const auto& each : value.GetArray()) total += text_bytes(each);
  } else if (value.IsObject()) {
    for (const auto& each : value.GetObject()) total += text_bytes(each.value);
  }
  return total;
}

}  // namespace

std::string answer_text(const Question& question, const json::Value& asked) {
  std::string text = question.variant == 0 ? "answer to " : "second answer to ";
  text += question.custom_id;
  text += " [" + hex(question.hash) + "]: ";
  return text.append(beginning(last_text(asked)));
}

Tokens tokens_of(const json::Value& asked, std::string_view text) {
  return {1 + text_bytes(asked) / kBytesPerToken, 1 + static_cast<int64_t>(text.size()) / kBytesPerToken};
}

namespace {

// The request's own value, or what the API takes where there is none.
void echo(json::Writer& out, const json::Value& body, std::string_view name, std::string_view otherwise) {
  const json::Value* const value = json::member(body, name);
  out.key(name);
  if (value != nullptr && !value->IsNull()) {
    out.value(*value);
  } else {
    out.raw(otherwise);
  }
}

void write_output_item(json::Writer& out, std::string_view text, std::string_view function, uint64_t hash) {
  out.begin_object();
  if (!function.empty()) {
    out.field("type", "function_call").field("id", "fc_" + hex(hash)).field("call_id", "call_" + hex(hash));
    out.field("name", function).field("arguments", as_json(text)).field("status", "completed").end_object();
    return;
  }
  out.field("type", "message").field("id", "msg_" + hex(hash)).field("status", "completed").field("role", "assistant");
  out.key("content").begin_array().begin_object().field("type", "output_text").field("text", text);
  out.key("annotations").begin_array().end_array().key("logprobs").begin_array().end_array();
  out.end_object().end_array().end_object();
}

Tokens write_response(json::Writer& out, const Question& question, const json::Value& body) {
  static const json::Value kNothing(rapidjson::kArrayType);
  const json::Value* const input = json::member(body, "input");
  const json::Value& asked = input != nullptr ? *input : kNothing;
  std::string text = answer_text(question, asked);
  if (wants_json(body)) text = as_json(text);
  Tokens tokens = tokens_of(asked, text);
  tokens.cache_read = question.cached_tokens;
  out.begin_object().field("id", "resp_" + hex(question.hash)).field("object", "response");
  out.field("created_at", question.now_s).field("status", "completed").field("completed_at", question.now_s);
  out.null_field("error").null_field("incomplete_details");
  echo(out, body, "instructions", "null");
  echo(out, body, "max_output_tokens", "null");
  out.field("model", model_of(question, body)).key("output").begin_array();
  write_output_item(out, text, wanted_function(body), question.hash);
  out.end_array();
  echo(out, body, "parallel_tool_calls", "true");
  echo(out, body, "previous_response_id", "null");
  echo(out, body, "reasoning", R"({"effort":null,"summary":null})");
  echo(out, body, "store", "true");
  echo(out, body, "temperature", "1.0");
  echo(out, body, "text", R"({"format":{"type":"text"}})");
  echo(out, body, "tool_choice", "\"auto\"");
  echo(out, body, "tools", "[]");
  echo(out, body, "top_p", "1.0");
  echo(out, body, "truncation", "\"disabled\"");
  out.key("usage").begin_object().field("input_tokens", tokens.input).key("input_tokens_details").begin_object();
  out.field("cached_tokens", tokens.cache_read).field("cache_write_tokens", int64_t{0}).end_object();
  out.field("output_tokens", tokens.output).key("output_tokens_details").begin_object();
  out.field("reasoning_tokens", int64_t{0}).end_object();
  out.field("total_tokens", tokens.input + tokens.output).end_object();
  echo(out, body, "metadata", "{}");
  out.end_object();
  return tokens;
}

void append_base64(std::string& out, std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < left; ++k) {
      group |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[i + k])) << (16 - 8 * k);
    }
    for (size_t k = 0; k < 4; ++k) out += k <= left ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
}

// Numbers, or in base64 as little-endian floats of four bytes: what the vendor's own SDKs ask for.
void write_vector(json::Writer& out, uint64_t seed, int64_t dimensions, bool packed) {
  std::string bytes;
  if (!packed) out.begin_array();
  for (int64_t d = 0; d < dimensions; ++d) {
    const double number = static_cast<double>(mix(seed + static_cast<uint64_t>(d)) % 2'000'001) / 1e6 - 1.0;
    if (packed) {
      const uint32_t bits = std::bit_cast<uint32_t>(static_cast<float>(number));
      for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(bits >> shift & 0xFF);
    } else {
      out.real(number);
    }
  }
  if (!packed) {
    out.end_array();
    return;
  }
  std::string text;
  append_base64(text, bytes);
  out.string(text);
}

Tokens write_embeddings(json::Writer& out, const Question& question, const json::Value& body) {
  static const json::Value kNothing(rapidjson::kArrayType);
  const json::Value* const given = json::member(body, "input");
  const json::Value& input = given != nullptr ? *given : kNothing;
  const json::Value* const dimensions_given = json::member(body, "dimensions");
  const int64_t dimensions =
      dimensions_given != nullptr && dimensions_given->IsInt64() ? dimensions_given->GetInt64() : kDefaultDimensions;
  // An array of numbers is one text that came as tokens.
  const bool many = input.IsArray() && !input.Empty() && !input[0].IsNumber();
  const rapidjson::SizeType texts = many ? input.Size() : 1;
  const Tokens tokens = {1 + text_bytes(input) / kBytesPerToken, 0};
  const bool packed = json::string_member(body, "encoding_format") == "base64";
  const bool mistral = question.shape == AnswerShape::kMistral;
  out.begin_object();
  if (mistral) out.field("id", hex(question.hash));
  out.field("object", "list").key("data").begin_array();
  for (rapidjson::SizeType i = 0; i < texts; ++i) {
    out.begin_object().field("object", "embedding").field("index", int64_t{i}).key("embedding");
    write_vector(out, question.hash + i * 1'000'003, dimensions, packed);
    out.end_object();
  }
  out.end_array().field("model", model_of(question, body)).key("usage").begin_object();
  out.field("prompt_tokens", tokens.input);
  if (mistral) out.field("completion_tokens", int64_t{0});
  out.field("total_tokens", tokens.input).end_object().end_object();
  return tokens;
}

}  // namespace

Tokens write_answer(json::Writer& out, const Question& question, const json::Value& body) {
  if (question.shape == AnswerShape::kMistral) {
    const bool judges = question.endpoint.find("moderations") != std::string_view::npos ||
                        question.endpoint.find("classifications") != std::string_view::npos;
    if (judges) return write_mistral_judgements(out, question, body);
    if (question.endpoint == "/v1/ocr") return write_mistral_ocr(out, question, body);
  }
  if (question.endpoint == "/v1/embeddings") return write_embeddings(out, question, body);
  if (question.endpoint == "/v1/responses") return write_response(out, question, body);
  if (question.endpoint == "/v1/moderations") return write_moderation(out, question, body);
  if (question.endpoint == "/v1/completions") return write_completion(out, question, body);
  return write_chat(out, question, body);
}

}  // namespace br::emulator
