#include "net/jwt.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <vector>

#include "codec/json_read.h"
#include "net/crypto.h"
#include "support/cmocka.h"

namespace {

std::string decode(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (text.size() % 4 != 0) text.push_back('=');
  std::string out(text.size(), '\0');
  const int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  assert_true(n >= 0);
  std::size_t size = static_cast<std::size_t>(n);
  for (std::size_t i = text.size(); i > 0 && text[i - 1] == '='; --i) --size;
  out.resize(size);
  return out;
}

void assertion_holds_the_claims_and_a_signature_that_verifies(void**) {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  BIO* bio = BIO_new(BIO_s_mem());
  assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  const std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);

  const auto token =
      br::make_assertion({"robot@p.example", "k1", pem, "https://t.example/token", "s1 s2"}, 1'763'888'400'999);
  assert_true(token.ok());
  const std::size_t first = token->find('.'), second = token->find('.', first + 1);
  assert_true(token->find('=') == std::string::npos);
  assert_string_equal(decode(token->substr(0, first)).c_str(), R"({"alg":"RS256","typ":"JWT","kid":"k1"})");
  const auto claims = br::Json::parse(decode(token->substr(first + 1, second - first - 1)));
  assert_string_equal(
      std::string(claims->raw()).c_str(),
      R"({"iss":"robot@p.example","scope":"s1 s2","aud":"https://t.example/token","iat":1763888400,"exp":1763892000})");
  const std::string text = token->substr(0, second), signature = decode(token->substr(second + 1));
  EVP_MD_CTX* digest = EVP_MD_CTX_new();
  assert_int_equal(EVP_DigestVerifyInit(digest, nullptr, EVP_sha256(), nullptr, key), 1);
  assert_int_equal(EVP_DigestVerify(digest, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                                    reinterpret_cast<const unsigned char*>(text.data()), text.size()),
                   1);
  EVP_MD_CTX_free(digest);
  EVP_PKEY_free(key);
}

void assertion_with_a_broken_key_is_an_error(void**) {
  const auto token = br::make_assertion({"a", "", "no key", "b", "c"}, 0);
  assert_false(token.ok());
  assert_true(token.error().code == br::Code::config);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(assertion_holds_the_claims_and_a_signature_that_verifies),
      cmocka_unit_test(assertion_with_a_broken_key_is_an_error),
  };
  return cmocka_run_group_tests_name("jwt", tests, nullptr, nullptr);
}
