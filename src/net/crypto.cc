#include "net/crypto.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <new>

namespace br {
namespace {

template <class T, void (*Free)(T*)>
struct Deleter {
  void operator()(T* p) const { Free(p); }
};
void free_bio(BIO* bio) { BIO_free(bio); }
using Digest = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX, EVP_MD_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY, EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO, free_bio>>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// The hash functions fail only where memory is missing.
void must(int done) {
  if (done != 1) throw std::bad_alloc();
}

Digest begin_sha256() {
  Digest digest(EVP_MD_CTX_new());
  if (!digest) throw std::bad_alloc();
  must(EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr));
  return digest;
}

std::string end_sha256(EVP_MD_CTX* digest) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  must(EVP_DigestFinal_ex(digest, out, &size));
  return std::string(reinterpret_cast<const char*>(out), size);
}

// Without it OpenSSL would ask a terminal for the password of an encrypted key.
int no_password(char*, int, int, void*) { return 0; }

Key read_key(std::string_view pem) {
  if (pem.size() > INT_MAX) return nullptr;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) throw std::bad_alloc();
  return Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
}

std::string encode64(std::string_view bytes, const char* alphabet, bool padded) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - at);
    unsigned group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = group << 8 | (i < n ? bytes_of(bytes)[at + i] : 0U);
    for (std::size_t i = 0; i <= n; ++i) out.push_back(alphabet[group >> (18 - 6 * i) & 63U]);
    if (padded) out.append(3 - n, '=');
  }
  return out;
}

}  // namespace

void init_crypto() { OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr); }

std::string crypto_version() { return OpenSSL_version(OPENSSL_VERSION); }

std::string sha256(std::string_view data) {
  const Digest digest = begin_sha256();
  must(EVP_DigestUpdate(digest.get(), data.data(), data.size()));
  return end_sha256(digest.get());
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  if (key.size() > INT_MAX) return {};
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  // An empty key has no address, which HMAC would take for "as before".
  const char* start = key.empty() ? "" : key.data();
  if (HMAC(EVP_sha256(), start, static_cast<int>(key.size()), bytes_of(data), data.size(), out, &size) == nullptr)
    throw std::bad_alloc();
  return std::string(reinterpret_cast<const char*>(out), size);
}

Result<std::string> rsa_sha256_sign(std::string_view pem_key, std::string_view data) {
  ERR_clear_error();
  const Key key = read_key(pem_key);
  std::string signature;
  bool good = key != nullptr && EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA;
  if (good) {
    const Digest digest(EVP_MD_CTX_new());
    if (!digest) throw std::bad_alloc();
    std::size_t size = 0;
    good = EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
           EVP_DigestSign(digest.get(), nullptr, &size, bytes_of(data), data.size()) == 1;
    signature.resize(size);
    good = good && EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                                  bytes_of(data), data.size()) == 1;
    signature.resize(good ? size : 0);
  }
  ERR_clear_error();  // the queue is shared with libcurl's use of OpenSSL on this thread
  if (good) return signature;
  return Error(Code::config, "the private key is no RSA key in PEM form without a password",
               "take the private_key of the service account as it was issued");
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out.push_back(kDigits[bytes_of(bytes)[i] >> 4]);
    out.push_back(kDigits[bytes_of(bytes)[i] & 15U]);
  }
  return out;
}

std::string base64(std::string_view bytes) {
  return encode64(bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}

std::string base64url(std::string_view bytes) {
  return encode64(bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}

}  // namespace br
