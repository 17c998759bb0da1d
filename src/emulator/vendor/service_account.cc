#include "emulator/vendor/service_account.h"

#include <stdexcept>

#include "emulator/base/json.h"

namespace br::emulator {

ServiceAccount::ServiceAccount(const std::string& given) {
  if (given.empty()) return;
  json::Document document;
  if (!json::parse(given, document) || json::string_member(document, "type") != "service_account") {
    throw std::invalid_argument("the service account is no key file in JSON of the type service_account");
  }
  email_ = std::string(json::string_member(document, "client_email"));
  project_ = std::string(json::string_member(document, "project_id"));
  key_id_ = std::string(json::string_member(document, "private_key_id"));
  key_ = RsaKey::read(std::string(json::string_member(document, "private_key")));
  if (!key_ || email_.empty()) {
    throw std::invalid_argument("the service account has no client_email, or no private_key that is an RSA key in PEM");
  }
}

const RsaKey& ServiceAccount::key() {
  if (!key_) key_ = RsaKey::make();
  return *key_;
}

std::string ServiceAccount::json(std::string_view origin) {
  json::Writer out;
  out.begin_object().field("type", "service_account").field("project_id", project_);
  out.field("private_key_id", key_id_).field("private_key", key().private_pem()).field("client_email", email_);
  return out.field("token_uri", std::string(origin) + "/vertex/token").end_object().str();
}

}  // namespace br::emulator
