// Bodies of OpenAI's chat completions, which Mistral, Groq, xAI and others have too, and those with an input:
// embeddings and moderations.
#include "codec/body_translator.h"

namespace br {
namespace {

constexpr std::string_view kStream = "asks for a stream; a batch cannot stream";
constexpr std::string_view kBookkeeping = "is for OpenAI's own records, not for the model";

constexpr BodyField kChatFields[] = {
    {"model", Fate::elsewhere},
    {"messages", Fate::own},
    {"max_tokens", Fate::generation, "max_tokens"},
    {"max_completion_tokens", Fate::generation, "max_tokens"},
    {"temperature", Fate::generation, "temperature"},
    {"top_p", Fate::generation, "top_p"},
    {"top_k", Fate::generation, "top_k"},
    {"presence_penalty", Fate::generation, "presence_penalty"},
    {"frequency_penalty", Fate::generation, "frequency_penalty"},
    {"stop", Fate::own},
    {"seed", Fate::copied, "seed"},
    {"random_seed", Fate::copied, "seed"},
    {"tools", Fate::own},
    {"tool_choice", Fate::own},
    {"parallel_tool_calls", Fate::own},
    {"response_format", Fate::copied, "response_format"},
    {"reasoning_effort", Fate::own},
    {"n", Fate::own},
    {"stream", Fate::never, " false ", kStream},
    {"functions", Fate::never, " [] ", "was replaced by tools, which are translated"},
    {"function_call", Fate::never, "", "was replaced by tool_choice, which is translated"},
    {"modalities", Fate::never, " [\"text\"] ", "asks for an answer that is no text"},
    {"audio", Fate::never, "", "asks for an answer that is no text"},
    {"prediction", Fate::left, "", "is OpenAI's alone"},
    {"web_search_options", Fate::never, "", "is a search of OpenAI's"},
    {"logprobs", Fate::left, " false "},
    {"top_logprobs", Fate::left, " 0 "},
    {"logit_bias", Fate::left, " {} ", "names tokens by the numbers of one model"},
    {"verbosity", Fate::left, " \"medium\" "},
    {"stream_options", Fate::left, "", kStream},
    {"user", Fate::left, "", kBookkeeping},
    {"safety_identifier", Fate::left, "", kBookkeeping},
    {"metadata", Fate::left, " {} ", kBookkeeping},
    {"store", Fate::left, " false ", kBookkeeping},
    {"prompt_cache_key", Fate::left, "", kBookkeeping},
    {"prompt_cache_retention", Fate::left, "", kBookkeeping},
    {"service_tier", Fate::left, " \"auto\" \"default\" ", "is a tier of the vendor's"},
    {"safe_prompt", Fate::left, " false ", "is Mistral's alone"},
};

class ChatTranslator : public BodyTranslator {
 public:
  using BodyTranslator::BodyTranslator;

 private:
  std::span<const BodyField> fields() const override { return kChatFields; }
  bool take(std::string_view name, std::string_view value) override;
  bool messages(std::string_view value);
};

bool ChatTranslator::take(std::string_view name, std::string_view value) {
  if (name == "messages") return messages(value);
  if (name == "stop") return stops(value);
  if (name == "tools") return tools(value);
  if (name == "tool_choice") return tool_choice(value);
  if (name == "reasoning_effort") return effort(value);
  if (name == "n") return answers(value);
  if (value != "true") serial_calls(value);  // parallel_tool_calls
  return true;
}

// The unified format has OpenAI's messages; what its reader passes over is told here.
bool ChatTranslator::messages(std::string_view value) {
  for (const std::string_view message : json_elements(value)) {
    for (const JsonSlice& member : json_members(message)) {
      if (member.name == "audio" &&
          !left_out(member.value, "names an answer that OpenAI spoke and keeps", "say as text what was spoken"))
        return false;
      if (member.name == "provider_kwargs" && !refuse(member.value, "is no field of OpenAI's messages; remove it"))
        return false;
      if (member.name != "content") continue;
      for (const std::string_view part : json_elements(member.value)) {
        const std::string_view name = json_member(json_member(part, "file"), "filename");
        if (!name.empty()) warn(name, "the name of the file is not passed on");
      }
    }
  }
  out_.field("messages", value);
  out_.from(value);
  return true;
}

constexpr BodyField kInputFields[] = {
    {"model", Fate::elsewhere},
    {"input", Fate::copied, "input"},
    {"dimensions", Fate::own},
    {"output_dimension", Fate::own},
    {"encoding_format", Fate::left, " \"float\" ", "asks for numbers in another form"},
    {"output_dtype", Fate::left, " \"float\" ", "asks for numbers in another form"},
    {"user", Fate::left, "", kBookkeeping},
};

class InputTranslator : public BodyTranslator {
 public:
  using BodyTranslator::BodyTranslator;

 private:
  std::span<const BodyField> fields() const override { return kInputFields; }
  bool take(std::string_view, std::string_view value) override { return dimensions(value); }
};

}  // namespace

std::unique_ptr<BodyTranslator> make_chat_translator(const BodyTranslator::Place& place) {
  return std::make_unique<ChatTranslator>(place);
}

std::unique_ptr<BodyTranslator> make_input_translator(const BodyTranslator::Place& place) {
  return std::make_unique<InputTranslator>(place);
}

}  // namespace br
