// A router takes work for the providers that were not removed from it, and a batch remembers whose it is.
#include "core/router/accounts.h"

#include <algorithm>

#include "providers/registry.h"
#include "support/cmocka.h"

namespace {

using br::Accounts;
using br::Code;

struct Room {
  Room() {
    assert_true(config.set("openai.api_key", "first key").ok());
    assert_true(config.set("openai@team.api_key", "key of the team").ok());
  }
  br::RemoteBatch named(const char* slot) {
    br::RemoteBatch batch;
    batch.provider = "openai";
    batch.account = slot;
    accounts.name_account(config, &batch);
    return batch;
  }
  bool has(const char* name) {
    const auto names = accounts.providers();
    assert_true(std::is_sorted(names.begin(), names.end()));
    return std::find(names.begin(), names.end(), name) != names.end();
  }
  br::Config config;
  br::SeededRandom random{7};
  Accounts accounts{&config, &random};
};

void removed_provider_takes_no_work_until_it_is_added_again(void**) {
  Room room;
  assert_true(room.has("openai"));
  assert_true(room.accounts.add_provider("openai").error().code == Code::already);
  assert_true(room.accounts.remove_provider("openai").ok());
  assert_true(room.accounts.remove_provider("openai").error().code == Code::already);
  assert_false(room.has("openai"));
  assert_true(room.accounts.check_provider(*br::find_provider("openai")).error().code == Code::no_provider);
  assert_true(room.accounts.named("openai@team").error().code == Code::no_provider);
  assert_true(room.accounts.add_provider("openai").ok());
  assert_true(room.accounts.named("openai@team").ok());
}

void unknown_provider_is_named(void**) {
  Room room;
  for (const auto& error :
       {room.accounts.add_provider("nobody").error(), room.accounts.remove_provider("nobody").error(),
        room.accounts.named("nobody@team").error()}) {
    assert_true(error.code == Code::no_provider);
    assert_true(error.message.find("nobody") != std::string::npos);
  }
}

void account_has_the_key_of_its_slot(void**) {
  Room room;
  assert_string_equal(room.accounts.named("openai")->api_key.c_str(), "first key");
  assert_string_equal(room.accounts.named("openai@team")->api_key.c_str(), "key of the team");
}

void batch_knows_its_key_again_and_no_other(void**) {
  Room room;
  br::RemoteBatch batch = room.named("");
  assert_false(batch.key_salt.empty());
  assert_true(room.accounts.has_known_key(batch));
  for (const std::string& hash : batch.keys) assert_true(hash.find("first key") == std::string::npos);
  assert_true(room.config.set("openai.api_key", "another key").ok());
  assert_false(room.accounts.has_known_key(batch));
  const std::string salt = batch.key_salt;
  room.accounts.name_account(room.config, &batch);
  assert_true(batch.key_salt == salt && room.accounts.has_known_key(batch));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(removed_provider_takes_no_work_until_it_is_added_again),
      cmocka_unit_test(unknown_provider_is_named),
      cmocka_unit_test(account_has_the_key_of_its_slot),
      cmocka_unit_test(batch_knows_its_key_again_and_no_other),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
