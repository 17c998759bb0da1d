// Which key goes with which account: a request under a wrong key is paid for by somebody else.
#include "core/config.h"

#include <cstdlib>
#include <string>

#include "providers/registry.h"
#include "support/cmocka.h"

namespace {

using br::Code;

// openai's settings in force. The variables of the environment are this room's.
struct Room {
  Room() { clear(); }
  ~Room() { clear(); }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  static void clear() {
    for (const char* name : {"OPENAI_API_KEY", "OPENAI_API_KEY_TEAM_A", "OPENAI_BASE_URL"}) unsetenv(name);
  }
  void set(const char* key, const char* value) {
    if (auto done = config.set(key, value); !done) fail_msg("%s", done.error().message.c_str());
  }
  br::Result<br::Account> account(const char* slot = "", const char* base_url = "") const {
    return br::resolve_account(config, *br::find_provider("openai"), base_url, slot);
  }
  br::Config config;
};

void key_that_is_configured_goes_before_that_of_the_environment(void**) {
  Room room;
  setenv("OPENAI_API_KEY", "from the environment", 1);
  assert_string_equal(room.account()->api_key.c_str(), "from the environment");
  room.set("openai.api_key", "configured");
  assert_string_equal(room.account()->api_key.c_str(), "configured");
}

void no_key_and_an_empty_one_are_missing(void**) {
  Room room;
  setenv("OPENAI_API_KEY", "", 1);
  const auto account = room.account();
  assert_false(account.ok());
  assert_int_equal(account.error().code, Code::auth);
  assert_true(account.error().hint.find("OPENAI_API_KEY") != std::string::npos);
}

void slot_has_its_own_key_and_never_that_of_another(void**) {
  Room room;
  room.set("openai.api_key", "the plain one");
  setenv("OPENAI_API_KEY", "the plain one", 1);
  const auto none = room.account("team-a");
  assert_false(none.ok());
  assert_int_equal(none.error().code, Code::auth);
  assert_true(none.error().hint.find("OPENAI_API_KEY_TEAM_A") != std::string::npos);
  setenv("OPENAI_API_KEY_TEAM_A", "the team's", 1);
  assert_string_equal(room.account("team-a")->api_key.c_str(), "the team's");
  room.set("openai@team-a.api_key", "configured for the team");
  assert_string_equal(room.account("team-a")->api_key.c_str(), "configured for the team");
  assert_string_equal(room.account()->api_key.c_str(), "the plain one");
}

void slot_shares_what_is_no_secret(void**) {
  Room room;
  room.set("openai.base_url", "https://a.example/v1");
  room.set("openai@team-a.api_key", "k");
  assert_string_equal(room.account("team-a")->base_url.c_str(), "https://a.example/v1");
  room.set("openai@team-a.base_url", "https://b.example/v1");
  assert_string_equal(room.account("team-a")->base_url.c_str(), "https://b.example/v1");
}

void address_that_is_given_goes_before_all_others(void**) {
  Room room;
  room.set("openai.api_key", "k");
  room.set("openai.base_url", "https://a.example/v1");
  assert_string_equal(room.account("", "https://given.example/v1")->base_url.c_str(), "https://given.example/v1");
}

// It would end a header and begin another.
void key_with_a_line_break_is_refused_and_not_shown(void**) {
  Room room;
  setenv("OPENAI_API_KEY", "first\nsecond", 1);
  const auto account = room.account();
  assert_false(account.ok());
  assert_int_equal(account.error().code, Code::auth);
  assert_true(account.error().message.find("second") == std::string::npos);
}

void settings_for_encoding_hold_no_key(void**) {
  Room room;
  room.set("openai.api_key", "k");
  const br::Account settings = br::provider_settings(room.config, *br::find_provider("openai"));
  assert_string_equal(settings.api_key.c_str(), "");
  for (const auto& [name, value] : settings.settings) assert_true(value != "k");
}

void value_that_a_property_does_not_take_is_refused_and_changes_nothing(void**) {
  Room room;
  room.set("submit.max_attempts", "2");
  for (const char* value : {"", "two", "2x", "-1", "99999999999999999999"})
    assert_false(room.config.set("submit.max_attempts", value).ok());
  assert_int_equal(room.config.integer("submit.max_attempts"), 2);
  assert_false(room.config.set("submit.on_unknown", "resend").ok());
  assert_false(room.config.set("submit.on_unknown", "resend_when_absent|wait").ok());
  assert_string_equal(room.config.get("submit.on_unknown").c_str(), "resend_when_absent");
}

void unknown_property_is_refused_with_the_nearest_name(void**) {
  Room room;
  const auto done = room.config.set("submit.max_attempt", "2");
  assert_false(done.ok());
  assert_int_equal(done.error().code, Code::config);
  assert_true(done.error().hint.find("submit.max_attempts") != std::string::npos);
}

void secret_that_is_refused_is_not_shown(void**) {
  Room room;
  const auto done = room.config.set("openai.api_key", "secret\nkey");
  assert_false(done.ok());
  assert_true(done.error().message.find("secret\n") == std::string::npos);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(key_that_is_configured_goes_before_that_of_the_environment),
      cmocka_unit_test(no_key_and_an_empty_one_are_missing),
      cmocka_unit_test(slot_has_its_own_key_and_never_that_of_another),
      cmocka_unit_test(slot_shares_what_is_no_secret),
      cmocka_unit_test(address_that_is_given_goes_before_all_others),
      cmocka_unit_test(key_with_a_line_break_is_refused_and_not_shown),
      cmocka_unit_test(settings_for_encoding_hold_no_key),
      cmocka_unit_test(value_that_a_property_does_not_take_is_refused_and_changes_nothing),
      cmocka_unit_test(unknown_property_is_refused_with_the_nearest_name),
      cmocka_unit_test(secret_that_is_refused_is_not_shown),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
