#include "emulator/base/signature.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <new>
#include <utility>

namespace br::emulator {
namespace {

template <class T, void (*Free)(T*)>
struct Deleter {
  void operator()(T* p) const { Free(p); }
};
void free_bio(BIO* bio) { BIO_free(bio); }
using Digest = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX, EVP_MD_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY, EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO, free_bio>>;

constexpr unsigned kKeyBits = 2048;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
const char* chars_of(const unsigned char* bytes) { return reinterpret_cast<const char*>(bytes); }

// What fails only where memory is missing.
void must(int done) {
  if (done != 1) throw std::bad_alloc();
}

Digest new_digest() {
  Digest digest(EVP_MD_CTX_new());
  if (!digest) throw std::bad_alloc();
  return digest;
}

// Without it OpenSSL would ask a terminal for the password of an encrypted key.
int no_password(char*, int, int, void*) { return 0; }

int base64url_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '-' ? 62 : c == '_' ? 63 : -1;
}

}  // namespace

std::string sha256(std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  must(EVP_Digest(text.data(), text.size(), out, &size, EVP_sha256(), nullptr));
  return std::string(chars_of(out), size);
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(), out, &size) == nullptr)
    throw std::bad_alloc();
  return std::string(chars_of(out), size);
}

std::string hex_of(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

bool same_bytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool base64url_decode(std::string_view text, std::string& out) {
  out.clear();
  unsigned group = 0;
  int bits = 0;
  for (const char c : text) {
    const int digit = base64url_digit(c);
    if (digit < 0) return false;
    group = (group << 6 | static_cast<unsigned>(digit)) & 0xFFFFU;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(group >> bits & 0xFFU);
  }
  return text.size() % 4 != 1;
}

struct Sha256::State {
  Digest digest = new_digest();
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  must(EVP_DigestInit_ex(state_->digest.get(), EVP_sha256(), nullptr));
}
Sha256::~Sha256() = default;

void Sha256::add(std::string_view piece) { must(EVP_DigestUpdate(state_->digest.get(), piece.data(), piece.size())); }

std::string Sha256::hex() {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  must(EVP_DigestFinal_ex(state_->digest.get(), out, &size));
  return hex_of({chars_of(out), size});
}

struct RsaKey::State {
  Key key;
  bool is_private = false;
};

RsaKey::RsaKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
RsaKey::~RsaKey() = default;

std::unique_ptr<RsaKey> RsaKey::make() {
  auto state = std::make_unique<State>();
  state->key.reset(EVP_RSA_gen(kKeyBits));
  state->is_private = true;
  if (!state->key) throw std::bad_alloc();
  return std::unique_ptr<RsaKey>(new RsaKey(std::move(state)));
}

std::unique_ptr<RsaKey> RsaKey::read(const std::string& pem) {
  auto state = std::make_unique<State>();
  for (const bool is_private : {true, false}) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (!bio) throw std::bad_alloc();
    state->key.reset(is_private ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr)
                                : PEM_read_bio_PUBKEY(bio.get(), nullptr, no_password, nullptr));
    state->is_private = is_private;
    if (state->key) break;
  }
  if (!state->key || EVP_PKEY_base_id(state->key.get()) != EVP_PKEY_RSA) return nullptr;
  return std::unique_ptr<RsaKey>(new RsaKey(std::move(state)));
}

std::string RsaKey::private_pem() const {
  if (!state_->is_private) return {};
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio) throw std::bad_alloc();
  must(PEM_write_bio_PKCS8PrivateKey(bio.get(), state_->key.get(), nullptr, nullptr, 0, nullptr, nullptr));
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

bool RsaKey::verifies(std::string_view text, std::string_view signature) const {
  const Digest digest = new_digest();
  if (EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, state_->key.get()) != 1) return false;
  return EVP_DigestVerify(digest.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
}

std::string RsaKey::sign(std::string_view text) const {
  if (!state_->is_private) return {};
  const Digest digest = new_digest();
  must(EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, state_->key.get()));
  size_t size = 0;
  must(EVP_DigestSign(digest.get(), nullptr, &size, bytes_of(text), text.size()));
  std::string out(size, '\0');
  must(EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes_of(text), text.size()));
  out.resize(size);
  return out;
}

}  // namespace br::emulator
