// Bodies of Anthropic's messages, also as Bedrock and Vertex AI have them for Claude.
#include "codec/body_translator.h"

namespace br {
namespace {

constexpr std::string_view kOwn = "is a service of Anthropic's";

constexpr BodyField kMessageBodyFields[] = {
    {"model", Fate::elsewhere},
    {"messages", Fate::copied, "messages"},
    {"system", Fate::copied, "system_prompt"},
    {"max_tokens", Fate::generation, "max_tokens"},
    {"temperature", Fate::generation, "temperature"},
    {"top_p", Fate::generation, "top_p"},
    {"top_k", Fate::generation, "top_k"},
    {"stop_sequences", Fate::own},
    {"tools", Fate::own},
    {"tool_choice", Fate::own},
    {"thinking", Fate::own},
    {"output_config", Fate::own},
    {"output_format", Fate::copied, "response_format"},
    {"anthropic_version", Fate::elsewhere},  // says in which form the body is
    {"stream", Fate::never, " false ", "asks for a stream; a batch cannot stream"},
    {"container", Fate::never, "", kOwn},
    {"mcp_servers", Fate::never, " [] ", kOwn},
    {"context_management", Fate::left, "", kOwn},
    {"anthropic_beta", Fate::left, " [] ", kOwn},
    {"betas", Fate::left, " [] ", kOwn},
    {"metadata", Fate::left, " {} ", "is for Anthropic's own records, not for the model"},
    {"service_tier", Fate::left, " \"auto\" \"standard_only\" ", "is a tier of the vendor's"},
    {"cache_control", Fate::left, "", "marks what Anthropic caches"},
};

class AnthropicTranslator : public BodyTranslator {
 public:
  using BodyTranslator::BodyTranslator;

 private:
  std::span<const BodyField> fields() const override { return kMessageBodyFields; }
  bool take(std::string_view name, std::string_view value) override;
  bool finish() override;
  bool thinking(std::string_view value);
  bool output_config(std::string_view value);

  std::string_view adaptive_;
  bool has_effort_ = false;
};

bool AnthropicTranslator::take(std::string_view name, std::string_view value) {
  if (name == "stop_sequences") return stops(value);
  if (name == "tools") return tools(value);
  if (name == "tool_choice") return tool_choice(value);
  if (name == "thinking") return thinking(value);
  return output_config(value);
}

bool AnthropicTranslator::thinking(std::string_view value) {
  if (!expect(value, '{', "an object")) return false;
  for (const JsonSlice& member : json_members(value)) {
    const std::string word = json_text(member.value);
    if (member.name == "budget_tokens") {
      if (!budget(member.value)) return false;
    } else if (member.name == "type" && word == "disabled") {
      no_reasoning(member.value);
    } else if (member.name == "type" && word == "adaptive") {
      adaptive_ = member.value;
    } else if (!(member.name == "type" && word == "enabled") && !left_out(member.value)) {
      return false;
    }
  }
  return true;
}

bool AnthropicTranslator::output_config(std::string_view value) {
  if (!expect(value, '{', "an object")) return false;
  for (const JsonSlice& member : json_members(value)) {
    if (member.name == "effort") {
      has_effort_ = true;
      if (!effort(member.value)) return false;
    } else if (member.name == "format") {
      out_.field("response_format", member.value);
      out_.from(member.value);
    } else if (!left_out(member.value)) {
      return false;
    }
  }
  return true;
}

// Other vendors want to hear how much; Claude decides that by itself, and no word says so elsewhere.
bool AnthropicTranslator::finish() {
  return adaptive_.empty() || has_effort_ ||
         left_out(adaptive_, "leaves to Claude how much it thinks, and other vendors want an effort",
                  "give output_config.effort beside it");
}

}  // namespace

std::unique_ptr<BodyTranslator> make_anthropic_translator(const BodyTranslator::Place& place) {
  return std::make_unique<AnthropicTranslator>(place);
}

}  // namespace br
