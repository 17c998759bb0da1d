#include "net/crypto.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "support/cmocka.h"

namespace {

void assert_text(const std::string& actual, const char* expected) { assert_string_equal(actual.c_str(), expected); }

void sha256_of_known_texts_is_as_published(void**) {
  // FIPS 180-4 examples.
  assert_text(br::hex(br::sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert_text(br::hex(br::sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

void hmac_of_known_texts_is_as_published(void**) {
  // RFC 4231, cases 1, 2 and 6 (a key longer than a block).
  assert_text(br::hex(br::hmac_sha256(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  assert_text(br::hex(br::hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  assert_text(
      br::hex(br::hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  assert_text(br::hex(br::hmac_sha256("", "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

void base64_of_known_texts_is_as_published(void**) {
  // RFC 4648, section 10.
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [text, encoded] : cases) assert_text(br::base64(text), encoded);
  assert_text(br::base64("\xfb\xff\xfe"), "+//+");
  assert_text(br::base64url("\xfb\xff\xfe"), "-__-");
  assert_text(br::base64url("f"), "Zg");
}

std::string pem_of(EVP_PKEY* key, const char* password) {
  BIO* bio = BIO_new(BIO_s_mem());
  const EVP_CIPHER* cipher = password == nullptr ? nullptr : EVP_aes_128_cbc();
  assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, nullptr, 0, nullptr, const_cast<char*>(password)),
                   1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

void rsa_signature_is_accepted_by_the_public_key(void**) {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  assert_non_null(key);
  const auto signature = br::rsa_sha256_sign(pem_of(key, nullptr), "header.claims");
  assert_true(signature.ok());
  const auto verify = [&](const std::string& text) {
    EVP_MD_CTX* digest = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(digest, nullptr, EVP_sha256(), nullptr, key), 1);
    const int good =
        EVP_DigestVerify(digest, reinterpret_cast<const unsigned char*>(signature->data()), signature->size(),
                         reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(digest);
    return good;
  };
  assert_int_equal(verify("header.claims"), 1);
  assert_int_not_equal(verify("header.claimz"), 1);
  EVP_PKEY_free(key);
}

void rsa_sign_with_a_wrong_key_is_an_error_without_the_key(void**) {
  EVP_PKEY* curve = EVP_EC_gen("P-256");
  EVP_PKEY* locked = EVP_RSA_gen(2048);
  const std::string broken = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
  for (const std::string& pem :
       {std::string(), std::string("hush"), broken, pem_of(curve, nullptr), pem_of(locked, "pw")}) {
    const auto signature = br::rsa_sha256_sign(pem, "text");
    assert_false(signature.ok());
    assert_true(signature.error().code == br::Code::config);
    assert_true(signature.error().message.find("c2VjcmV0") == std::string::npos);
  }
  EVP_PKEY_free(curve);
  EVP_PKEY_free(locked);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(sha256_of_known_texts_is_as_published),
      cmocka_unit_test(hmac_of_known_texts_is_as_published),
      cmocka_unit_test(base64_of_known_texts_is_as_published),
      cmocka_unit_test(rsa_signature_is_accepted_by_the_public_key),
      cmocka_unit_test(rsa_sign_with_a_wrong_key_is_an_error_without_the_key),
  };
  return cmocka_run_group_tests_name("crypto", tests, nullptr, nullptr);
}
