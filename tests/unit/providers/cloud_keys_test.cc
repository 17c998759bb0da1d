// Where credentials of the clouds come from, and what is made of them: signatures, assertions, access tokens.
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstring>

#include "batchrouter.h"
#include "codec/json_write.h"
#include "support/cmocka.h"
#include "support/provider_setup.h"
#include "support/scratch.h"

namespace {

using br::Code;
using br::HttpRequest;

br::Config bedrock_config() {
  br::Config config;
  for (const auto& [key, value] : {std::pair<const char*, const char*>{"bedrock.api_key", "secret"},
                                   {"bedrock.access_key_id", "AKIDEXAMPLE"},
                                   {"bedrock.region", "eu-west-1"},
                                   {"bedrock.role_arn", "arn:aws:iam::1:role/r"},
                                   {"bedrock.input_s3_uri", "s3://b/in"}})
    assert_true(config.set(key, value).ok());
  return config;
}

const br::Provider& provider(const char* name) { return *br::find_provider(name); }

std::string header(const HttpRequest& request, std::string_view name) {
  for (const br::Header& each : request.headers) {
    if (each.name == name) return each.value;
  }
  return {};
}

void bedrock_addresses_follow_from_the_region(void**) {
  const auto account = br::resolve_account(bedrock_config(), provider("bedrock"), {});
  assert_true(account.ok());
  assert_string_equal(account->base_url.c_str(), "https://bedrock.eu-west-1.amazonaws.com");
  assert_true(account->setting("s3_url") == "https://s3.eu-west-1.amazonaws.com");
  const auto other = br::resolve_account(bedrock_config(), provider("bedrock"), "http://127.0.0.1:9");
  assert_string_equal(other->base_url.c_str(), "http://127.0.0.1:9");
}

void bedrock_without_what_it_needs_says_what(void**) {
  const std::tuple<const char*, Code, const char*> cases[] = {
      {"bedrock.region", Code::config, "AWS_REGION"},
      {"bedrock.access_key_id", Code::auth, "AWS_ACCESS_KEY_ID"},
      {"bedrock.api_key", Code::auth, "AWS_SECRET_ACCESS_KEY"},
      {"bedrock.role_arn", Code::config, "role"},
      {"bedrock.input_s3_uri", Code::config, "s3://"},
  };
  for (const auto& [key, code, fragment] : cases) {
    br::Config config = bedrock_config();
    assert_true(config.set(key, "").ok());
    const auto account = br::resolve_account(config, provider("bedrock"), {});
    assert_false(account.ok());
    assert_true(account.error().code == code);
    assert_non_null(strstr(account.error().hint.c_str(), fragment));
  }
}

void bedrock_signs_for_the_service_it_calls(void**) {
  auto account = br::resolve_account(bedrock_config(), provider("bedrock"), "http://127.0.0.1:9");
  for (auto& [name, value] : account->settings) {
    if (name == "s3_url") value = "http://127.0.0.1:9";  // one server for both
  }
  HttpRequest job, object;
  job.url = "http://127.0.0.1:9/model-invocation-job/x";
  object.url = "http://127.0.0.1:9/b/in/x.jsonl";
  assert_true(provider("bedrock").http()->sign(*account, br::test::kNow, &job).ok());
  assert_true(provider("bedrock").http()->sign(*account, br::test::kNow, &object).ok());
  assert_non_null(strstr(header(job, "Authorization").c_str(), "/eu-west-1/bedrock/aws4_request"));
  assert_non_null(strstr(header(object, "Authorization").c_str(), "/eu-west-1/s3/aws4_request"));
  account->settings.emplace_back("bearer_token", "");
  for (auto& [name, value] : account->settings) {
    if (name == "bearer_token") value = "key";
  }
  HttpRequest again;
  again.url = job.url;
  assert_true(provider("bedrock").http()->sign(*account, br::test::kNow, &again).ok());
  assert_string_equal(header(again, "Authorization").c_str(), "Bearer key");
}

void bedrock_batch_below_its_least_size_is_refused(void**) {
  br_config* config = br_config_new();
  br_batch* batch = br_batch_new("bedrock");
  const std::string line =
      R"({"custom_id":"a","model":"anthropic.claude-x","messages":[{"role":"user","content":"hi"}]})";
  assert_int_equal(br_batch_add_jsonl(batch, line.data(), line.size(), nullptr), BR_OK);
  br_error* error = nullptr;
  assert_int_equal(br_validate(config, batch, &error), BR_ELIMIT);
  assert_non_null(strstr(br_error_message(error), "has only 1 requests"));
  br_error_free(error);
  br_batch_free(batch);
  br_config_free(config);
}

std::string new_key() {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  BIO* bio = BIO_new(BIO_s_mem());
  assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  EVP_PKEY_free(key);
  return pem;
}

br::Result<br::Account> vertex_account(const std::string& credentials) {
  br::Config config;
  assert_true(config.set("vertex.api_key", credentials).ok());
  assert_true(config.set("vertex.input_gcs_uri", "gs://b/in").ok());
  return br::resolve_account(config, provider("vertex"), {});
}

void vertex_reads_the_service_account_file_and_signs_an_assertion(void**) {
  const Scratch scratch;
  std::string json =
      R"({"type":"service_account","project_id":"p1","private_key_id":"k","client_email":"robot@p1.example","private_key":)";
  br::append_json_string(new_key(), &json);
  json += "}\n";
  const auto account = vertex_account(scratch.write("key.json", json));
  assert_true(account.ok());
  assert_string_equal(account->project.c_str(), "p1");
  assert_string_equal(account->base_url.c_str(), "https://us-central1-aiplatform.googleapis.com");
  const auto request = provider("vertex").http()->token_request(*account, br::test::kNow);
  assert_true(request.ok() && request->has_value());
  assert_string_equal((*request)->url.c_str(), "https://oauth2.googleapis.com/token");
  assert_true(
      (*request)->body.starts_with("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=ey"));
  assert_true((*request)->body.find("PRIVATE") == std::string::npos);
}

void vertex_users_credentials_ask_with_the_refresh_token(void**) {
  const auto account = vertex_account(
      R"({"type":"authorized_user","project_id":"p","client_id":"i","client_secret":"s&","refresh_token":"r"})");
  const auto request = provider("vertex").http()->token_request(*account, br::test::kNow);
  assert_string_equal((*request)->body.c_str(),
                      "grant_type=refresh_token&client_id=i&client_secret=s%26&refresh_token=r");
}

void vertex_credentials_that_are_none_say_so(void**) {
  assert_true(vertex_account("").error().code == Code::auth);
  assert_true(vertex_account("/no/such/file.json").error().code == Code::config);
  assert_true(vertex_account("{}").error().code == Code::auth);
  const auto account = vertex_account(R"({"type":"service_account","project_id":"p","private_key":"hush"})");
  const auto request = provider("vertex").http()->token_request(*account, br::test::kNow);
  assert_true(request.error().code == Code::auth);
  assert_true(request.error().message.find("hush") == std::string::npos);
}

void vertex_token_answers_are_read_or_refused(void**) {
  const auto account = vertex_account(R"({"type":"authorized_user","project_id":"p"})");
  br::HttpResponse good;
  good.status = 200;
  good.body = R"({"access_token":"ya29.x","expires_in":3599,"token_type":"Bearer"})";
  const auto token = provider("vertex").http()->read_token(*account, 1000, good);
  assert_string_equal(token->value.c_str(), "ya29.x");
  assert_int_equal(token->expires_ms, 3'600'000);
  br::HttpResponse bad;
  bad.status = 400;
  bad.body = R"({"error":"invalid_grant","error_description":"Invalid JWT"})";
  const auto refused = provider("vertex").http()->read_token(*account, 1000, bad);
  assert_true(refused.error().code == Code::auth && !refused.error().transient);
  assert_non_null(strstr(refused.error().message.c_str(), "Invalid JWT"));
  bad.status = 503;
  assert_true(provider("vertex").http()->read_token(*account, 1000, bad).error().transient);
  good.body = "{}";
  assert_false(provider("vertex").http()->read_token(*account, 1000, good).ok());
}

void vertex_download_named_before_its_token_goes_out_with_it(void**) {
  auto account = vertex_account(R"({"type":"authorized_user","project_id":"p"})");
  assert_true(account.ok());
  br::RemoteBatch batch;
  batch.status.output.url = "gs://b/out/prediction-model-1";
  auto downloads = provider("vertex").http()->downloads(*account, batch);
  assert_int_equal(downloads.size(), 1);
  account->token = "ya29.now";
  assert_true(provider("vertex").http()->sign(*account, br::test::kNow, &downloads[0].request).ok());
  assert_string_equal(header(downloads[0].request, "Authorization").c_str(), "Bearer ya29.now");
}

void wire_ids_fit_the_vendors_and_never_meet(void**) {
  const br::Dialect& vertex = provider("vertex").dialect();
  assert_true(vertex.wire_id("a-b_9", 1, "").empty());
  for (const char* id : {"Upper", "a.b", "r0000000001", ""}) assert_true(vertex.wire_id(id, 7, "") == "r0000000007");
  assert_true(vertex.wire_id(std::string(64, 'a'), 12345678901, "") == "r12345678901");
  assert_true(provider("bedrock").dialect().wire_id("plain", 42, "") == "R0000000042");
}

int setup(void**) {
  br::test::forget_environment();
  return 0;
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(bedrock_addresses_follow_from_the_region),
      cmocka_unit_test(bedrock_without_what_it_needs_says_what),
      cmocka_unit_test(bedrock_signs_for_the_service_it_calls),
      cmocka_unit_test(bedrock_batch_below_its_least_size_is_refused),
      cmocka_unit_test(vertex_reads_the_service_account_file_and_signs_an_assertion),
      cmocka_unit_test(vertex_users_credentials_ask_with_the_refresh_token),
      cmocka_unit_test(vertex_credentials_that_are_none_say_so),
      cmocka_unit_test(vertex_token_answers_are_read_or_refused),
      cmocka_unit_test(vertex_download_named_before_its_token_goes_out_with_it),
      cmocka_unit_test(wire_ids_fit_the_vendors_and_never_meet),
  };
  return cmocka_run_group_tests_name("cloud_keys", tests, setup, nullptr);
}
