// Reads a refusal or a broken exchange into an Error: which code, is it transient, did the vendor execute the call.
#pragma once

#include <string_view>

#include "model/error.h"
#include "net/http.h"

namespace br {

// `what` names the call for the message: "creating the batch". The envelopes of all vendors are understood:
// {"error":{"message","type","code"}}, {"error":"text"}, {"message"}, {"detail"}, and that of the first under any name.
Error read_http_error(std::string_view provider, std::string_view what, const HttpResponse& response);

// A vendor's code or type that says that the account has no money left: trying again does not help.
bool is_billing_code(std::string_view code);

// A 2xx answer that is not what the vendor documents; for a create call the outcome is then unknown.
Error protocol_error(std::string_view provider, std::string_view what, std::string_view why);

}  // namespace br
