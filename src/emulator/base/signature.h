// The emulator's door to OpenSSL: what it takes to judge signatures. Not the library's: a judge that shares code with
// the judged would share its mistakes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace br::emulator {

// Raw bytes.
std::string sha256(std::string_view text);
std::string hmac_sha256(std::string_view key, std::string_view text);
std::string hex_of(std::string_view bytes);
// In a time that does not tell where they differ.
bool same_bytes(std::string_view a, std::string_view b);
// Without padding; false if it is no such text.
bool base64url_decode(std::string_view text, std::string& out);

// Of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void add(std::string_view piece);
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A key for RS256.
class RsaKey {
 public:
  // A new one of 2048 bits.
  static std::unique_ptr<RsaKey> make();
  // Of a private or a public key in PEM; null if it is none, or not RSA.
  static std::unique_ptr<RsaKey> read(const std::string& pem);
  ~RsaKey();
  RsaKey(const RsaKey&) = delete;
  RsaKey& operator=(const RsaKey&) = delete;

  // PKCS #8 in PEM; empty if only the public half is known.
  std::string private_pem() const;
  bool verifies(std::string_view text, std::string_view signature) const;
  // Empty if only the public half is known.
  std::string sign(std::string_view text) const;

 private:
  struct State;
  explicit RsaKey(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace br::emulator
