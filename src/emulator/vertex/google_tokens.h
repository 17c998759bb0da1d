#pragma once

#include <map>
#include <string>

#include "emulator/vendor/vendor.h"

namespace br::emulator {

// The token endpoint: a signed assertion, or a refresh token, for an access token that lives an hour.
class GoogleTokens {
 public:
  explicit GoogleTokens(World& world) : world_(world) {}

  Opening begin(const RequestHead& head);
  // It was given out here, and its hour is not over.
  bool is_live(std::string_view token) const;
  Reply refusal(int status, std::string_view error, std::string_view description) const;

 private:
  Reply exchange(const RequestHead& head, const std::string& form);
  Reply read_assertion(const std::string& assertion, const std::string& own_address);
  Reply fresh_token();

  World& world_;
  std::map<std::string, int64_t, std::less<>> expires_ms_;  // by token
};

}  // namespace br::emulator
