// The door to OpenSSL.
#pragma once

#include <string>
#include <string_view>

#include "model/error.h"

namespace br {

// To be called before anything else uses OpenSSL: it then stays usable while exit() runs, when our threads still do.
void init_crypto();

// "OpenSSL 3.0.22 …", for br_build_info.
std::string crypto_version();

// Raw bytes.
std::string sha256(std::string_view data);
std::string hmac_sha256(std::string_view key, std::string_view data);
// RSASSA-PKCS1-v1_5 with SHA-256. The key is a PEM text without a password; messages never hold any of it.
Result<std::string> rsa_sha256_sign(std::string_view pem_key, std::string_view data);

std::string hex(std::string_view bytes);  // lower case
std::string base64(std::string_view bytes);
std::string base64url(std::string_view bytes);  // without padding

}  // namespace br
