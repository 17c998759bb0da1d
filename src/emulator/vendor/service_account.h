#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "emulator/base/signature.h"

namespace br::emulator {

// The service account that may ask for access tokens: a given one, or one that is made when somebody wants it.
class ServiceAccount {
 public:
  // `given`: the text of a key file in JSON, or empty. Throws std::invalid_argument if it is none.
  explicit ServiceAccount(const std::string& given);

  const std::string& email() const { return email_; }
  const std::string& key_id() const { return key_id_; }
  const RsaKey& key();
  // The key file, with the emulator's own token endpoint in it.
  std::string json(std::string_view origin);

 private:
  std::string email_ = "emulator@emulated-project.iam.gserviceaccount.com";
  std::string project_ = "emulated-project";
  std::string key_id_ = "emulated-key-1";
  std::unique_ptr<RsaKey> key_;
};

}  // namespace br::emulator
