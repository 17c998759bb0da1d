// Chat completions: chunks with deltas of the message, as OpenAI and those who took over its API send them.
#include <array>

#include "capture/stream/chunk_writer.h"
#include "capture/stream/stream_forms.h"
#include "codec/words.h"

namespace br {
namespace {

// Where vendors tell of the thinking, which comes before the text.
constexpr std::array<std::string_view, 3> kReasoning = {"reasoning_content", "reasoning", "reasoning_details"};

class ChatStream {
 public:
  ChatStream(const Json& answer, const StreamWishes& wishes, std::string* out)
      : answer_(answer), wishes_(wishes), chunks_(answer, "chat.completion.chunk", wishes, out) {}
  void write();

 private:
  void choice(bool last);
  void role();
  void field(std::string_view name, std::string_view logprobs);
  void tool_call(const Json& call, std::size_t call_index);
  JsonWriter& begin_delta() { return chunks_.begin(*choice_, index_).key("delta").begin_object(); }
  void end_delta(std::string_view logprobs = "null") {
    chunks_.json().end_object();
    chunks_.end(*choice_, logprobs);
  }
  JsonWriter& begin_call_delta(std::size_t call_index) {
    return index_field("index", call_index, &begin_delta().key("tool_calls").begin_array().begin_object());
  }
  void end_call_delta() {
    chunks_.json().end_object().end_array();
    end_delta();
  }
  const Json& message() const { return (*choice_)["message"]; }

  const Json& answer_;
  const StreamWishes& wishes_;
  ChunkWriter chunks_;
  const Json* choice_ = nullptr;
  std::size_t index_ = 0;
};

// The first delta: the role, and what the message has that is never cut.
void ChatStream::role() {
  JsonWriter& json = begin_delta();
  if (!has(message()["role"])) json.field("role", "assistant");
  for (const auto& [name, value] : message().fields()) {
    if (name == "content") {
      json.key(name).raw(value.is_string() ? "\"\"" : "null");
    } else if (name == "refusal") {
      json.key(name).null();
    } else if (name != "tool_calls" && !is_one_of(name, kReasoning)) {
      json.key(name).raw(value.raw());
    }
  }
  end_delta();
}

void ChatStream::field(std::string_view name, std::string_view logprobs) {
  begin_delta().key(name).raw(message()[name].raw());
  end_delta(logprobs);
}

void ChatStream::tool_call(const Json& call, std::size_t call_index) {
  const Json& function = call["function"];
  const bool cut = !wishes_.whole_tool_calls && function["arguments"].is_string();
  JsonWriter& json = begin_call_delta(call_index);
  for (const auto& [name, value] : call.fields()) {
    if (name == "index") continue;
    json.key(name);
    if (cut && name == "function")
      write_object(function, {{"arguments", "\"\""}}, &json);
    else
      json.raw(value.raw());
  }
  end_call_delta();
  if (!cut || function["arguments"].string().empty()) return;
  begin_call_delta(call_index).key("function").begin_object().key("arguments").raw(function["arguments"].raw());
  json.end_object();
  end_call_delta();
}

void ChatStream::choice(bool last) {
  const auto says_something = [this](std::string_view name) {
    const Json& value = message()[name];
    return has(value) && value.type() != Json::Type::null && value.raw() != "\"\"";
  };
  std::string_view logprobs = has((*choice_)["logprobs"]) ? (*choice_)["logprobs"].raw() : "null";
  role();
  for (const std::string_view name : kReasoning) {
    if (says_something(name)) field(name, "null");
  }
  for (const std::string_view name : {"content", "refusal"}) {
    if (!says_something(name)) continue;
    field(name, logprobs);
    logprobs = "null";
  }
  const auto& calls = message()["tool_calls"].items();
  for (std::size_t each = 0; each < calls.size(); ++each) tool_call(calls[each], each);
  begin_delta().end_object();
  chunks_.finish(*choice_, logprobs, last);
}

void ChatStream::write() {
  const auto& choices = answer_["choices"].items();
  for (index_ = 0; index_ < choices.size(); ++index_) {
    choice_ = &choices[index_];
    choice(index_ + 1 == choices.size());
  }
  chunks_.close();
}

}  // namespace

bool stream_chat(const Json& answer, const StreamWishes& wishes, std::string* out) {
  if (!answer["choices"].is_array()) return false;
  ChatStream(answer, wishes, out).write();
  return true;
}

}  // namespace br
