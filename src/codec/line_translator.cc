#include "codec/line_translator.h"

#include <memory>

#include "codec/body_translator.h"

namespace br {
namespace {

struct LineTitle {
  LineForm form;
  std::string_view title, provider;  // who it belongs to, and what --provider says for it
};
constexpr LineTitle kTitles[] = {{LineForm::openai, "OpenAI's batch file (custom_id, method, url, body)", "openai"},
                                 {LineForm::anthropic, "Anthropic's batches (custom_id, params)", "anthropic"},
                                 {LineForm::gemini, "Gemini's batch file (key, request)", "google"},
                                 {LineForm::bedrock, "Bedrock's batch file (recordId, modelInput)", "bedrock"}};

const LineTitle& title_of(LineForm form) {
  for (const LineTitle& title : kTitles) {
    if (title.form == form) return title;
  }
  return kTitles[0];
}

using Place = BodyTranslator::Place;

std::unique_ptr<BodyTranslator> translator_for(const Place& place) {
  const Request& r = *place.native;
  const bool claude = !json_member(r.body_json, "anthropic_version").empty();
  switch (r.form) {
    case LineForm::anthropic:
      return make_anthropic_translator(place);
    case LineForm::bedrock:
      return claude ? make_anthropic_translator(place) : nullptr;
    case LineForm::gemini:
      if (claude) return make_anthropic_translator(place);
      return r.endpoint == Endpoint::embeddings ? make_gemini_embedding_translator(place)
                                                : make_gemini_translator(place);
    default:
      break;
  }
  switch (r.endpoint) {
    case Endpoint::chat:
      return make_chat_translator(place);
    case Endpoint::responses:
      return make_responses_translator(place);
    case Endpoint::embeddings:
    case Endpoint::moderations:
      return make_input_translator(place);
    default:
      return path_tail(r.path) == "messages" ? make_anthropic_translator(place) : nullptr;
  }
}

// Of a line that nothing is known to be translated from.
bool refuse_line(const Request& native, const TranslationTarget& target, Issue* issue) {
  const LineTitle& title = title_of(native.form);
  const bool by_url = native.form == LineForm::openai;
  const std::string vendor(target.vendor);
  *issue = {
      by_url && native.endpoint_column > 0 ? native.endpoint_column : 1, std::string(native.custom_id),
      by_url ? "url" : "",
      "the line is one of " + std::string(title.title) + ", and " + vendor +
          " (the provider asked for) has other bodies; " +
          (by_url ? "what goes to " + std::string(native.path) : std::string("a body that is no Claude model's")) +
          " is not translated; send it with --provider " + std::string(title.provider) +
          ", or write it in the unified format: custom_id, model, messages"};
  return false;
}

}  // namespace

bool LineTranslator::translate(const Request& native, const TranslationTarget& target, Request* unified, Issue* issue,
                               std::vector<std::string>* warnings) {
  note_ = " (the line is one of " + std::string(title_of(native.form).title) + ", translated for " +
          std::string(target.vendor) + ")";
  text_.begin(native.line);
  const auto body = translator_for({&native, &target, &text_, issue, warnings});
  if (body == nullptr) return refuse_line(native, target, issue);
  text_.own("{\"custom_id\":").own(native.custom_id_json);
  // A model beside the body is a word of the caller's; in Gemini's lines it is the vendor's own.
  const bool chosen = native.model_column > 0 && native.form != LineForm::gemini;
  if (!native.model_json.empty() && (chosen || target.default_model.empty())) {
    text_.field("model", native.model_json);
    text_.from(native.model_json);
  }
  const bool embeds = native.endpoint == Endpoint::embeddings, moderates = native.endpoint == Endpoint::moderations;
  if (embeds || moderates) {
    text_.field("endpoint", native.url_json.empty() ? native.body_json : native.url_json);
    text_.own(embeds ? "\"embeddings\"" : "\"moderations\"");
  }
  if (!body->translate()) {
    issue->message += note_;
    return false;
  }
  text_.own("}");
  text_.pad();
  reader_.set_default_model(target.default_model);
  if (!reader_.read(text_.data(), text_.size(), unified, issue)) {
    settle(issue);
    return false;
  }
  return check_parts(native, target, *unified, issue, warnings);
}

// What a vendor keeps, and what it signed, is its own: files are refused, thoughts are not passed on.
bool LineTranslator::check_parts(const Request& native, const TranslationTarget& target, const Request& unified,
                                 Issue* issue, std::vector<std::string>* warnings) {
  const bool claude = unified.model.find("claude") != std::string_view::npos;
  const bool keeps_thoughts = target.form == LineForm::bedrock || (target.form == LineForm::gemini && claude);
  for (const Part& part : unified.parts) {
    Issue at{part.column, std::string(unified.custom_id), "", ""};
    if (part.kind == PartKind::thinking && !keeps_thoughts && warnings != nullptr) {
      text_.settle(&at);
      warnings->push_back(at.field + ": what the model thought before is its vendor's own and is not passed on");
    }
    if (part.source != Source::file_uri) continue;
    at.message = "it names a file that is kept at the vendor of the line (" +
                 std::string(title_of(native.form).provider) + "), which " + std::string(target.vendor) +
                 " cannot read; give the file as base64 or by a public URL";
    *issue = std::move(at);
    settle(issue);
    return false;
  }
  return true;
}

void LineTranslator::settle(Issue* issue) const {
  text_.settle(issue);
  issue->message += note_;
}

}  // namespace br
