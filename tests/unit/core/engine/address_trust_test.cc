// What a state directory remembers decides neither where a key goes nor which program is started.
#include "core/engine/address_trust.h"

#include <string>

#include "core/protocol/account_proof.h"
#include "providers/registry.h"
#include "support/cmocka.h"

namespace {

using br::Code;

constexpr const char* kForeign = "https://foreign.example/v1";

// A batch that remembers the address, and this router's own settings.
struct Room {
  explicit Room(const char* name = "openai") : provider(*br::use_provider(name).provider) {
    batch.job_id = "job_a";
    batch.provider = name;
    batch.key_salt = "salt";
    if (provider.http() != nullptr) set(config, "api_key", "the key");
  }
  void set(br::Config& in, const char* name, const char* value) {
    assert_true(in.set(std::string(provider.name()) + "." + name, value).ok());
  }
  br::Account account(const char* remembered) {
    batch.base_url = remembered;
    auto found = br::resolve_account(config, provider, remembered, batch.account);
    assert_true(found.ok());
    return *found;
  }
  br::Result<void> check(const char* remembered) {
    const br::Account resolved = account(remembered);
    return br::check_address(config, provider, batch, resolved);
  }
  br::Config config;
  const br::Provider& provider;
  br::RemoteBatch batch;
};

void remembered_address_that_nobody_here_named_gets_no_key(void**) {
  Room room;
  const auto checked = room.check(kForeign);
  assert_false(checked.ok());
  assert_true(checked.error().code == Code::auth);
  assert_string_equal(checked.error().provider.c_str(), "openai");
  assert_true(checked.error().message.find(kForeign) != std::string::npos);
  assert_true(checked.error().message.find("the key in force") != std::string::npos);
  assert_true(checked.error().hint.find(std::string("--base-url ") + kForeign) != std::string::npos);
}

void vendors_own_address_gets_the_key(void**) {
  Room room;
  assert_true(room.check("").ok());
  assert_true(room.check("https://api.openai.com/v1").ok());
}

void address_of_this_routers_settings_gets_the_key(void**) {
  Room room;
  room.set(room.config, "base_url", kForeign);
  assert_true(room.check(kForeign).ok());
  assert_false(room.check("https://foreign.example.evil.example/v1").ok());
}

// Else the error would be about a key, and there is none to keep.
void account_without_a_key_may_go_anywhere(void**) {
  Room room;
  br::Account account = room.account(kForeign);
  account.api_key.clear();
  assert_true(br::check_address(room.config, room.provider, room.batch, account).ok());
}

void key_that_is_known_to_be_the_jobs_goes_to_the_remembered_address(void**) {
  Room room;
  const br::Account account = room.account(kForeign);
  room.batch.keys.push_back(br::account_proof(room.provider, account, room.batch.key_salt).key);
  assert_true(room.check(kForeign).ok());
  room.set(room.config, "api_key", "another key");
  assert_false(room.check(kForeign).ok());
}

// Hashes that came with the directory are made with its salt: those of another batch prove nothing.
void hash_of_the_key_with_another_salt_proves_nothing(void**) {
  Room room;
  const br::Account account = room.account(kForeign);
  room.batch.keys.push_back(br::account_proof(room.provider, account, "other salt").key);
  assert_false(room.check(kForeign).ok());
}

void address_of_one_account_is_not_that_of_another(void**) {
  Room room;
  room.set(room.config, "base_url", kForeign);
  assert_true(room.config.set("openai@team.api_key", "key of the team").ok());
  assert_true(room.config.set("openai@team.base_url", "https://team.example/v1").ok());
  assert_false(room.check("https://team.example/v1").ok());
  room.batch.account = "team";
  assert_true(room.check("https://team.example/v1").ok());
}

void remembered_program_is_not_started(void**) {
  Room room("vllm");
  br::Config of_the_job = room.config;
  room.set(of_the_job, "vllm_command", "rm -rf");
  const auto checked = br::check_program(room.config, of_the_job, room.provider, room.batch);
  assert_false(checked.ok());
  assert_true(checked.error().code == Code::auth);
  assert_true(checked.error().message.find("\"rm -rf\"") != std::string::npos);
  assert_true(checked.error().hint.find("--set vllm.vllm_command='rm -rf'") != std::string::npos);
}

void program_of_this_routers_settings_is_started(void**) {
  Room room("vllm");
  room.set(room.config, "vllm_command", "my-vllm");
  assert_true(br::check_program(room.config, room.config, room.provider, room.batch).ok());
}

// The directory does not put the vendor's own program in the place of the one that was set, either.
void program_that_differs_from_the_one_that_was_set_is_not_started(void**) {
  Room room("vllm");
  br::Config of_the_job = room.config;
  room.set(room.config, "vllm_command", "my-vllm");
  assert_false(br::check_program(room.config, of_the_job, room.provider, room.batch).ok());
}

void setting_that_starts_nothing_may_differ(void**) {
  Room room;
  br::Config of_the_job = room.config;
  room.set(of_the_job, "organization", "other");
  assert_true(br::check_program(room.config, of_the_job, room.provider, room.batch).ok());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(remembered_address_that_nobody_here_named_gets_no_key),
      cmocka_unit_test(vendors_own_address_gets_the_key),
      cmocka_unit_test(address_of_this_routers_settings_gets_the_key),
      cmocka_unit_test(account_without_a_key_may_go_anywhere),
      cmocka_unit_test(key_that_is_known_to_be_the_jobs_goes_to_the_remembered_address),
      cmocka_unit_test(hash_of_the_key_with_another_salt_proves_nothing),
      cmocka_unit_test(address_of_one_account_is_not_that_of_another),
      cmocka_unit_test(remembered_program_is_not_started),
      cmocka_unit_test(program_of_this_routers_settings_is_started),
      cmocka_unit_test(program_that_differs_from_the_one_that_was_set_is_not_started),
      cmocka_unit_test(setting_that_starts_nothing_may_differ),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
