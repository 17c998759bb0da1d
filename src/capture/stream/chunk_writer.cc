#include "capture/stream/chunk_writer.h"

#include <array>

#include "codec/words.h"

namespace br {
namespace {

// Of the answer's own fields, those that every chunk has; the others stand in the first.
constexpr std::array<std::string_view, 5> kEveryChunk = {"id", "created", "model", "system_fingerprint",
                                                         "service_tier"};

}  // namespace

void ChunkWriter::head() {
  events_.begin("").begin_object();
  if (!has(answer_["object"])) json().field("object", object_);
  for (const auto& [name, value] : answer_.fields()) {
    if (name == "object") {
      json().field("object", object_);
    } else if (is_one_of(name, kEveryChunk) || (first_ && name != "choices" && name != "usage")) {
      json().key(name).raw(value.raw());
    }
  }
  first_ = false;
  json().key("choices").begin_array();
}

JsonWriter& ChunkWriter::begin(const Json& choice, std::size_t index) {
  head();
  json().begin_object();
  if (const Json& own = choice["index"]; has(own)) return json().key("index").raw(own.raw());
  return index_field("index", index, &json());
}

void ChunkWriter::end(const Json& choice, std::string_view logprobs) {
  if (has(choice["logprobs"])) json().key("logprobs").raw(logprobs);
  json().key("finish_reason").null().end_object().end_array();
  if (wishes_.include_usage && !wishes_.usage_with_finish) json().key("usage").null();
  json().end_object();
  events_.end();
}

void ChunkWriter::finish(const Json& choice, std::string_view logprobs, bool last_choice) {
  write_fields(choice, {{"index", ""}, {"message", ""}, {"text", ""}, {"logprobs", logprobs}}, &json());
  if (!has(choice["finish_reason"])) json().key("finish_reason").null();
  json().end_object().end_array();
  if (wishes_.usage_with_finish && last_choice)
    usage_with_finish();
  else if (wishes_.include_usage && !wishes_.usage_with_finish)
    json().key("usage").null();
  json().end_object();
  events_.end();
}

void ChunkWriter::usage_with_finish() {
  copy_field(answer_, "usage", &json());
  // Groq's clients look for it there too.
  const Json& groq = answer_["x_groq"];
  if (!groq.is_object() || !has(answer_["usage"]) || has(groq["usage"])) return;
  json().key("x_groq").begin_object();
  write_fields(groq, {}, &json());
  copy_field(answer_, "usage", &json());
  json().end_object();
}

void ChunkWriter::close() {
  const bool own_chunk = wishes_.include_usage && !wishes_.usage_with_finish && has(answer_["usage"]);
  // An answer without choices is still an answer.
  if (own_chunk || first_) {
    head();
    json().end_array();
    if (own_chunk || wishes_.usage_with_finish) copy_field(answer_, "usage", &json());
    json().end_object();
    events_.end();
  }
  events_.begin("").raw("[DONE]");
  events_.end();
}

}  // namespace br
