#include "capture/answer_builder.h"

#include <utility>

#include "capture/answers.h"
#include "capture/stream/stream.h"
#include "codec/words.h"

namespace br {
namespace {

StreamForm form_of(const ReadyAnswer& ready) {
  if (ready.waiter.stream == StreamKind::gemini_array) return StreamForm::gemini_array;
  switch (ready.form) {
    case AnswerForm::anthropic:
      return StreamForm::anthropic_messages;
    case AnswerForm::gemini:
      return StreamForm::gemini_sse;
    case AnswerForm::openai:
      break;
  }
  if (path_tail(ready.endpoint) == "messages") return StreamForm::anthropic_messages;  // Doubleword has both
  const Endpoint endpoint = endpoint_of(ready.endpoint);
  return endpoint == Endpoint::responses     ? StreamForm::openai_responses
         : endpoint == Endpoint::completions ? StreamForm::openai_completions
                                             : StreamForm::openai_chat;
}

StreamWishes wishes_of(const ReadyAnswer& ready) {
  const bool whole = is_one_of(ready.provider, {"mistral", "groq"});
  return {ready.waiter.include_usage, whole, whole};
}

// What the caller of a stream reads.
void make_stream(const ReadyAnswer& ready, TakenAnswer* answer) {
  const StreamForm form = form_of(ready);
  HttpAnswer& http = answer->http;
  if (http.status < kStatusOk || http.status > kStatusLastGood) {
    answer->events = stream_error(form, http.status, http.body);
    return;
  }
  answer->events = stream_events(form, http.body, wishes_of(ready));
  http.body = answer->events;
  const bool array = form == StreamForm::gemini_array;
  http.headers = {{"content-type", array ? "application/json" : "text/event-stream; charset=utf-8"},
                  {"cache-control", "no-cache"}};
}

}  // namespace

TakenAnswer build_answer(ReadyAnswer ready, const CallFiles& files) {
  TakenAnswer answer;
  answer.ticket = ready.waiter.ticket;
  answer.cached = ready.cached;
  if (ready.own) {
    answer.http = std::move(*ready.own);
  } else {
    answer.call = ready.cached ? 0 : ready.call.id;
    answer.batch_id = ready.call.vendor_batch;
    auto body = files.read(files.answers(ready.call.answer.batch), ready.call.answer);
    answer.is_lost = !body;
    answer.http.status = body ? ready.call.status : kStatusBadGateway;
    answer.http.body = body ? std::move(*body) : error_body(ready.form, kStatusBadGateway, "", "", "the answer is not on the disk any more; ask again");
    answer.http.headers = {{"content-type", "application/json"}};
  }
  if (ready.waiter.stream != StreamKind::none) make_stream(ready, &answer);
  return answer;
}

}  // namespace br
