// Answers of the endpoints that only Mistral has, in the shapes of its OpenAPI description of 2026-10.
#include <string>

#include "emulator/base/hash.h"
#include "emulator/openai/answer_parts.h"

namespace br::emulator {
namespace {

constexpr std::string_view kMistralCategories[] = {"sexual",
                                                   "hate_and_discrimination",
                                                   "violence_and_threats",
                                                   "dangerous_and_criminal_content",
                                                   "selfharm",
                                                   "health",
                                                   "financial",
                                                   "law",
                                                   "pii"};
constexpr int64_t kDpi = 200, kHeight = 2200, kWidth = 1700;

double low_score(uint64_t hash) { return static_cast<double>(mix(hash) % 1000) / 1e6; }

// How many conversations or texts were given: a list of messages is one.
rapidjson::SizeType inputs_of(const json::Value& body) {
  const json::Value* const input = json::member(body, "input");
  const bool many = input != nullptr && input->IsArray() && !input->Empty() && !(*input)[0].IsObject();
  return many ? input->Size() : 1;
}

void write_judged(json::Writer& out, uint64_t hash) {
  out.begin_object().key("categories").begin_object();
  for (const std::string_view name : kMistralCategories) out.key(name).boolean(false);
  out.end_object().key("category_scores").begin_object();
  for (const std::string_view name : kMistralCategories) out.key(name).real(low_score(hash + name.size()));
  out.end_object().end_object();
}

void write_classes(json::Writer& out, uint64_t hash) {
  const double yes = low_score(hash);
  out.begin_object().key("label").begin_object().key("scores").begin_object();
  out.key("no").real(1 - yes).key("yes").real(yes).end_object().end_object().end_object();
}

}  // namespace

Tokens write_mistral_judgements(json::Writer& out, const Question& question, const json::Value& body) {
  const bool moderates = question.endpoint.find("moderations") != std::string_view::npos;
  out.begin_object().field("id", "mod-" + hex(question.hash)).field("model", model_of(question, body));
  out.key("results").begin_array();
  for (rapidjson::SizeType i = 0; i < inputs_of(body); ++i) {
    const uint64_t hash = question.hash + i;
    moderates ? write_judged(out, hash) : write_classes(out, hash);
  }
  out.end_array().end_object();
  return {0, 0};
}

Tokens write_mistral_ocr(json::Writer& out, const Question& question, const json::Value& body) {
  const json::Value* const document = json::member(body, "document");
  const std::string text = answer_text(question, document != nullptr ? *document : body);
  out.begin_object().key("pages").begin_array().begin_object().field("index", int64_t{0}).field("markdown", text);
  out.key("images").begin_array().end_array().key("dimensions").begin_object().field("dpi", kDpi);
  out.field("height", kHeight).field("width", kWidth).end_object().end_object().end_array();
  out.field("model", model_of(question, body)).null_field("document_annotation").key("usage_info").begin_object();
  out.field("pages_processed", int64_t{1}).null_field("doc_size_bytes").end_object().end_object();
  return {0, 0};
}

}  // namespace br::emulator
