// Which calls a batch can answer, and what they have in common.
#include "capture/classify.h"

#include <cstring>

#include "support/cmocka.h"

namespace {

using br::HttpCall;
using br::StreamKind;

struct Room {
  Room() { assert_true(config.set("openai.base_url", "https://api.openai.com/v1").ok()); }
  br::Config config;
  br::Classifier classifier{&config, "salt"};
};

HttpCall call(const char* url, const char* body, br::HttpHeaders headers = {{"authorization", "Bearer k"}}) {
  headers.emplace_back("content-type", "application/json; charset=utf-8");
  HttpCall made;
  made.method = "POST";
  made.url = url;
  made.headers = std::move(headers);
  made.body = body;
  return made;
}

constexpr const char* kChat = "https://api.openai.com/v1/chat/completions";
constexpr const char* kBody = R"({"model":"m","messages":[]})";

void chat_call_is_taken_with_its_key_and_model(void**) {
  Room room;
  const auto asked = room.classifier.classify(call(kChat, kBody));
  assert_true(asked.has_value());
  assert_string_equal(asked->queue.provider.c_str(), "openai");
  assert_string_equal(asked->queue.endpoint.c_str(), "/v1/chat/completions");
  assert_string_equal(asked->queue.model.c_str(), "m");
  assert_string_equal(asked->body.c_str(), kBody);
  assert_string_equal(asked->secrets.back().second.c_str(), "k");
  assert_null(std::strstr(asked->queue.text().c_str(), "\"k\""));
}

void calls_that_no_batch_answers_pass(void**) {
  Room room;
  const auto passes = [&](const HttpCall& each) { return !room.classifier.classify(each).has_value(); };
  HttpCall get = call(kChat, kBody);
  get.method = "GET";
  assert_true(passes(get));
  assert_true(passes(call("https://api.openai.com/v1/files", kBody)));
  assert_true(passes(call("https://other.example/v1/chat/completions", kBody)));
  assert_true(passes(call(kChat, R"({"messages":[]})")));
  assert_true(passes(call(kChat, "no json")));
  assert_true(passes(call(kChat, kBody, {})));
  assert_true(passes(call("https://api.openai.com/v1/chat/completions?unknown=1", kBody)));
  HttpCall form = call(kChat, kBody);
  form.headers = {{"authorization", "Bearer k"}, {"content-type", "multipart/form-data; boundary=x"}};
  assert_true(passes(form));
}

void keys_headers_and_models_make_queues(void**) {
  Room room;
  const auto queue = [&](const HttpCall& each) { return room.classifier.classify(each)->queue.text(); };
  const std::string base = queue(call(kChat, kBody));
  assert_true(base == queue(call(kChat, R"({"model":"m","messages":[1]})")));
  assert_false(base == queue(call(kChat, R"({"model":"n","messages":[]})")));
  assert_false(base == queue(call(kChat, kBody, {{"authorization", "Bearer other"}})));
  assert_false(base == queue(call(kChat, kBody, {{"authorization", "Bearer k"}, {"openai-project", "p"}})));
  const auto read = br::read_queue_key(base);
  assert_true(read.has_value());
  assert_string_equal(read->text().c_str(), base.c_str());
}

void stream_is_taken_off_and_remembered(void**) {
  Room room;
  const auto asked = room.classifier.classify(
      call(kChat, R"({"model":"m","stream":true,"messages":[],"stream_options":{"include_usage":true}})"));
  assert_true(asked->stream == StreamKind::events);
  assert_true(asked->include_usage);
  assert_string_equal(asked->body.c_str(), R"({"model":"m","messages":[]})");
  assert_false(asked->identity == room.classifier.classify(call(kChat, kBody))->identity);
}

void anthropic_call_with_either_key_header_and_betas(void**) {
  Room room;
  constexpr const char* kUrl = "https://api.anthropic.com/v1/messages?beta=true";
  const auto asked = room.classifier.classify(
      call(kUrl, kBody, {{"x-api-key", "k"}, {"anthropic-beta", "a"}, {"anthropic-beta", "b"}}));
  assert_true(asked.has_value());
  assert_string_equal(asked->queue.settings.front().first.c_str(), "beta");
  assert_string_equal(asked->queue.settings.front().second.c_str(), "a,b");
  assert_true(room.classifier.classify(call(kUrl, kBody)).has_value());
}

void gemini_call_has_its_model_and_stream_in_the_path(void**) {
  Room room;
  const std::string base = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:";
  const auto ask = [&](const std::string& rest) {
    return room.classifier.classify(call((base + rest).c_str(), R"({"contents":[]})", {{"x-goog-api-key", "k"}}));
  };
  assert_string_equal(ask("generateContent")->queue.model.c_str(), "gemini-2.5-flash");
  assert_true(ask("streamGenerateContent?alt=sse")->stream == StreamKind::gemini_events);
  assert_true(ask("streamGenerateContent")->stream == StreamKind::gemini_array);
  assert_false(ask("countTokens").has_value());
  const auto keyed = room.classifier.classify(call((base + "generateContent?key=k").c_str(), R"({"contents":[]})", {}));
  assert_true(keyed->identity == ask("generateContent")->identity);
}

void provider_of_the_call_wins_over_the_address(void**) {
  Room room;
  HttpCall made = call("https://gateway.example/openai/v1/chat/completions", kBody);
  made.provider = "groq";
  const auto asked = room.classifier.classify(made);
  assert_true(asked.has_value());
  assert_string_equal(asked->queue.provider.c_str(), "groq");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(chat_call_is_taken_with_its_key_and_model),
      cmocka_unit_test(calls_that_no_batch_answers_pass),
      cmocka_unit_test(keys_headers_and_models_make_queues),
      cmocka_unit_test(stream_is_taken_off_and_remembered),
      cmocka_unit_test(anthropic_call_with_either_key_header_and_betas),
      cmocka_unit_test(gemini_call_has_its_model_and_stream_in_the_path),
      cmocka_unit_test(provider_of_the_call_wins_over_the_address),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
