// What the access tokens of Google Cloud are made from: a file of credentials.
#pragma once

#include <string_view>

#include "model/error.h"

namespace br {

// Where tokens come from when the credentials do not say it.
inline constexpr std::string_view kGoogleTokenUrl = "https://oauth2.googleapis.com/token";

Error vertex_credentials_error(std::string_view why);

}  // namespace br
