// A vendor's stream, made of the whole answer that a batch gave: the events a client would have read, had the vendor
// streamed it. Values in, bytes out. Each text is one delta; strings and numbers are the bytes of the answer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace br {

enum class StreamForm : std::uint8_t {
  openai_chat,         // chat.completion.chunk objects, [DONE]
  openai_responses,    // typed events with sequence numbers
  openai_completions,  // text_completion objects, [DONE]
  anthropic_messages,  // message_start … message_stop
  gemini_sse,          // data: GenerateContentResponse, with alt=sse
  gemini_array,        // a JSON array of them
};

// Where streams of one form differ.
struct StreamWishes {
  bool include_usage = false;  // the request's stream_options.include_usage: a chunk of its own, without choices
  bool usage_with_finish =
      false;  // the vendor puts the usage, asked or not, beside the last finish reason (Mistral, Groq)
  bool whole_tool_calls = false;  // the vendor cuts no tool call (Mistral, Groq): its clients put none together
};

// answer_json: the body of a successful answer. Every field of it is in some event, but for the usage of openai_chat
// and openai_completions where nobody wants it. What is no answer of the form becomes its error event, with status 502.
std::string stream_events(StreamForm form, std::string_view answer_json, const StreamWishes& wishes);

// How a stream ends whose status is 200 already, and whose request failed after all. error_body: what the vendor
// answered with http_status, JSON or not.
std::string stream_error(StreamForm form, int http_status, std::string_view error_body);

}  // namespace br
