// What names an account and what opens it: which changes leave a job with the account that made it.
#include "core/protocol/account_proof.h"

#include "model/job.h"
#include "providers/provider.h"
#include "providers/registry.h"
#include "support/cmocka.h"

namespace {

br::Account account_of(const char* provider, const char* key) {
  br::Account account;
  account.provider = provider;
  account.api_key = key;
  account.base_url = "https://example.test/v1";
  return account;
}

br::AccountProof proof_of(const br::Account& account) {
  return br::account_proof(*br::find_provider(account.provider), account, "salt");
}

void vendor_that_names_no_account_its_key_does(void**) {
  const br::AccountProof first = proof_of(account_of("openai", "a"));
  assert_string_equal(first.account.c_str(), proof_of(account_of("openai", "a")).account.c_str());
  assert_string_not_equal(first.account.c_str(), proof_of(account_of("openai", "b")).account.c_str());
  br::Account other = account_of("openai", "a");
  other.project = "p";
  assert_string_not_equal(first.account.c_str(), proof_of(other).account.c_str());
  assert_string_equal(first.key.c_str(), proof_of(other).key.c_str());
}

void vendor_that_names_the_account_the_key_may_change(void**) {
  br::Account first = account_of("bedrock", "a"), other = account_of("bedrock", "b");
  first.settings = other.settings = {{"region", "us-east-1"}};
  assert_string_equal(proof_of(first).account.c_str(), proof_of(other).account.c_str());
  assert_string_not_equal(proof_of(first).key.c_str(), proof_of(other).key.c_str());
  other.settings = {{"region", "eu-west-1"}};
  assert_string_not_equal(proof_of(first).account.c_str(), proof_of(other).account.c_str());
}

// It goes to the same address as the first key.
void second_key_is_part_of_what_opens_the_account(void**) {
  br::Account first = account_of("bedrock", "a"), other = account_of("bedrock", "a");
  other.settings = {{"bearer_token", "t"}};
  assert_string_not_equal(proof_of(first).key.c_str(), proof_of(other).key.c_str());
}

void nothing_of_a_key_stands_in_a_proof(void**) {
  const br::AccountProof proof = proof_of(account_of("openai", "sk-secret"));
  assert_int_equal(proof.account.find("secret"), std::string::npos);
  assert_int_equal(proof.key.size(), 32);
  assert_string_not_equal(proof.key.c_str(),
                          br::account_proof(*br::find_provider("openai"), account_of("openai", "sk-secret"), "other").key.c_str());
}

void account_that_answered_for_the_batch_is_its_own(void**) {
  br::RemoteBatch batch;
  const br::AccountProof first = proof_of(account_of("openai", "a")), other = proof_of(account_of("openai", "b"));
  assert_true(br::is_own_account(batch, first));  // nothing is known yet
  assert_true(br::learn_account(first, &batch));
  assert_false(br::learn_account(first, &batch));
  assert_false(br::is_own_account(batch, other));
  assert_true(br::learn_account(other, &batch));
  assert_true(br::is_own_account(batch, first));
  assert_true(br::is_own_account(batch, other));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(vendor_that_names_no_account_its_key_does),
                              cmocka_unit_test(vendor_that_names_the_account_the_key_may_change),
                              cmocka_unit_test(second_key_is_part_of_what_opens_the_account),
                              cmocka_unit_test(nothing_of_a_key_stands_in_a_proof),
                              cmocka_unit_test(account_that_answered_for_the_batch_is_its_own)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
