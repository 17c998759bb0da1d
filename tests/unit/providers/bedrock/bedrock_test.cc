// bedrock.invocation_type = Converse: one form for the chat models of every maker. The fixtures hold InvokeModel's.
#include "codec/request_reader.h"
#include "support/cmocka.h"
#include "support/provider_setup.h"

namespace {

struct Converse {
  Converse() {
    auto resolved = br::test::test_account(bedrock);
    assert_true(resolved.ok());
    account = *resolved;
    for (auto& [name, value] : account.settings) {
      if (name == "invocation_type") value = "Converse";
    }
  }

  // What the request's record holds as modelInput; or "field: message" of the refusal.
  std::string encode(const std::string& more) const {
    const std::string start = R"({"custom_id":"a","model":"meta.llama4-scout-17b-instruct-v1:0",)";
    std::string line = start + more + "}";
    const std::size_t size = line.size();
    line.append(br::kJsonPadding, ' ');
    br::RequestReader reader;
    br::Request request;
    br::Issue issue;
    std::string out;
    std::vector<std::string> warnings;
    assert_true(reader.read(line.data(), size, &request, &issue));
    const br::EncodeOptions options{false, 1024, &account};
    if (!bedrock.dialect().encode(request, options, &out, &issue, &warnings)) return issue.field + ": " + issue.message;
    const std::string head = R"({"recordId":"a","modelInput":)";
    assert_int_equal(out.find(head), 0);
    return out.substr(head.size(), out.size() - head.size() - 2);
  }

  const br::Provider& bedrock = *br::find_provider("bedrock");
  br::Account account;
};

constexpr char kHi[] = R"("messages":[{"role":"user","content":"Hi"}])";

void any_maker_has_the_same_form(void**) {
  const Converse converse;
  assert_string_equal(
      converse
          .encode(std::string(kHi) +
                  R"(,"system_prompt":"Be brief.","generation_config":{"max_tokens":9,"stop_sequences":["E"]})")
          .c_str(),
      R"({"system":[{"text":"Be brief."}],"messages":[{"role":"user","content":[{"text":"Hi"}]}],)"
      R"("inferenceConfig":{"maxTokens":9,"stopSequences":["E"]}})");
  assert_string_equal(converse.encode(R"("body":{"messages":[]})").c_str(), R"({"messages":[]})");
}

void documents_have_names_of_their_own(void**) {
  const Converse converse;
  assert_string_equal(
      converse
          .encode(
              R"("messages":[{"role":"user","content":[{"type":"document","source_type":"base64","data":"JVBERg=="},)"
              R"({"type":"document","source_type":"base64","media_type":"text/plain","data":"aGk="}]}])")
          .c_str(),
      R"({"messages":[{"role":"user","content":[{"document":{"format":"pdf","name":"document 1",)"
      R"("source":{"bytes":"JVBERg=="}}},{"document":{"format":"txt","name":"document 2",)"
      R"("source":{"bytes":"aGk="}}}]}]})");
}

void schema_goes_as_text(void**) {
  const Converse converse;
  assert_string_equal(
      converse
          .encode(std::string(kHi) +
                  R"(,"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type": "object"}}})")
          .c_str(),
      R"({"messages":[{"role":"user","content":[{"text":"Hi"}]}],"outputConfig":{"textFormat":{"type":"json_schema",)"
      R"("structure":{"jsonSchema":{"schema":"{\"type\":\"object\",\"additionalProperties\":false}"}}}}})");
}

void what_a_batch_of_it_does_not_take_is_refused(void**) {
  const Converse converse;
  const auto refused = [&](const std::string& more, const char* what) {
    const std::string got = converse.encode(std::string(kHi) + more);
    if (got.find(what) == std::string::npos) print_error("%s\n", got.c_str());
    assert_int_not_equal(got.find(what), std::string::npos);
  };
  refused(R"(,"tools":[{"type":"function","function":{"name":"f"}}])", "tools: Converse on Bedrock takes no tools");
  refused(R"(,"tool_choice":"auto")", "tool_choice: Converse on Bedrock takes no tools");
  refused(R"(,"generation_config":{"top_k":4})", "additionalModelRequestFields");
  refused(R"(,"reasoning":"high")", "additionalModelRequestFields");
  refused(R"(,"response_format":{"type":"json_object"})", "takes a json_schema");
}

// Sent with the job, which has one type for all its records.
void job_says_the_type(void**) {
  const Converse converse;
  for (const char* type : {"Converse", "InvokeModel"}) {
    br::Account account = converse.account;
    for (auto& [name, value] : account.settings) {
      if (name == "invocation_type") value = type;
    }
    const br::RemoteBatch batch = br::test::test_batch(converse.bedrock, *br::Json::parse("{}"));
    const auto request = converse.bedrock.http()->create_request({account, batch, br::test::kNow}, {});
    assert_true(request.ok());
    const bool said = request->body.find(R"("modelInvocationType":"Converse")") != std::string::npos;
    assert_int_equal(said, std::string_view(type) == "Converse");
  }
  br::Account account = converse.account;
  for (auto& [name, value] : account.settings) {
    if (name == "invocation_type") value = "converse";
  }
  const auto completed = converse.bedrock.dialect().complete(&account);
  assert_true(!completed && completed.error().code == br::Code::config);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(any_maker_has_the_same_form), cmocka_unit_test(documents_have_names_of_their_own),
      cmocka_unit_test(schema_goes_as_text),         cmocka_unit_test(what_a_batch_of_it_does_not_take_is_refused),
      cmocka_unit_test(job_says_the_type),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
