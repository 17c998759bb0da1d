// What the provider tests stand on: an account with a key that must not be seen, remote batches, answers.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include "codec/json_read.h"
#include "core/config.h"
#include "providers/op.h"
#include "providers/registry.h"
#include "support/fixtures.h"

namespace br::test {

inline constexpr std::string_view kKey = "test-key-that-must-not-be-seen";
inline constexpr std::int64_t kNow = 1'795'000'000'000;

// tests/fixtures/providers/<name>/
inline std::string folder_of(const Provider& provider) {
  return std::string(BR_FIXTURES) + "/providers/" + std::string(provider.name()) + "/";
}

// What the environment of the test run says must not count.
inline void forget_environment() {
  for (const PropertyInfo& info : property_table()) {
    for (std::size_t at = 0; at < info.environment.size();) {
      const std::size_t end = std::min(info.environment.find(',', at), info.environment.size());
      unsetenv(info.environment.substr(at, end - at).c_str());
      at = end + 1;
    }
  }
}

// The account that the provider's account.json describes: {"<property>": "value"}; "@" stands for the folder.
inline Result<Account> test_account(const Provider& provider) {
  Config config;
  const std::string prefix = std::string(provider.name()) + ".";
  if (find_property(prefix + "api_key") != nullptr) (void)config.set(prefix + "api_key", kKey);
  const auto json = posix_files()->read_whole_file(folder_of(provider) + "account.json", 1 << 20);
  const auto settings = Json::parse(json ? *json : "{}");
  if (settings == nullptr) return Error(Code::config, "account.json is not JSON");
  for (const auto& [name, value] : settings->fields()) {
    std::string text = value.string_or(std::string(value.raw()));
    if (text.starts_with("@/")) text = folder_of(provider) + text.substr(2);
    if (auto set = config.set(prefix + std::string(name), text); !set) return std::move(set.error());
  }
  auto account = resolve_account(config, provider, "", "");
  if (account) account->token = "test-token-that-must-not-be-seen";
  return account;
}

inline Endpoint endpoint_of(std::string_view name) {
  if (name == "responses") return Endpoint::responses;
  if (name == "embeddings") return Endpoint::embeddings;
  return Endpoint::chat;
}

// A batch that was accepted, changed by what `json` gives.
inline RemoteBatch test_batch(const Provider& provider, const Json& json) {
  RemoteBatch batch;
  batch.provider = provider.name();
  batch.job_id = "job-1";
  batch.model = json["model"].string_or("model-1");
  batch.endpoint = endpoint_of(json["endpoint"].string());
  batch.rows = json["rows"].integer().value_or(2);
  batch.bytes = json["bytes"].integer().value_or(1000);
  batch.request_path = json["request_path"].string_or("requests.jsonl");
  batch.marker = json["marker"].string_or("br-marker-1");
  batch.input_file_id = json["input_file_id"].string_or("file-in-1");
  batch.cancel_wanted = json["cancel_wanted"].boolean();
  batch.status.id = json["id"].string_or("batch-1");
  batch.status.output.id = json["output"].string_or("");
  batch.status.output.url = json["output_url"].string_or("");
  batch.status.errors.id = json["errors"].string_or("");
  return batch;
}

// {"status","headers":{},"body": value or text, "failure": "not_connected" | "tls" | "broken"}
inline HttpResponse test_answer(const Json& json) {
  HttpResponse response;
  response.status = static_cast<int>(json["status"].integer().value_or(200));
  for (const auto& [name, value] : json["headers"].fields())
    response.headers.emplace_back(name, value.string_or(std::string(value.raw())));
  response.body = json["body"].is_string() ? json["body"].string_or("") : json["body"].raw();
  const auto failure = json["failure"].string();
  if (failure == "not_connected") response.failure = Failure::not_connected;
  if (failure == "tls") response.failure = Failure::tls;
  if (failure == "broken") response.failure = Failure::broken;
  if (response.failure != Failure::none) response.failure_text = "the connection failed";
  return response;
}

inline std::optional<Op> op_of(std::string_view name) {
  static constexpr std::pair<std::string_view, Op> kOps[] = {
      {"upload", Op::upload}, {"create", Op::create}, {"poll", Op::poll},
      {"cancel", Op::cancel}, {"list", Op::list},     {"delete_file", Op::delete_file}};
  for (const auto& [word, op] : kOps) {
    if (word == name) return op;
  }
  return std::nullopt;
}

}  // namespace br::test
