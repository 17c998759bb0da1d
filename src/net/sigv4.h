// AWS Signature Version 4 in the Authorization header. The intermediate texts are here for the vendor's test vectors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/error.h"
#include "net/http.h"

namespace br {

struct AwsKey {
  std::string access_key, secret_key;
  std::string session_token;  // empty: a key of long life
};

struct AwsScope {
  std::string region, service;
};

// What is signed of a request.
struct AwsRequest {
  std::string method;
  std::string target;  // path and query as they go over the wire
  std::vector<std::pair<std::string, std::string>> headers;
  std::string payload_hash;  // hex, or UNSIGNED-PAYLOAD
};

// S3 takes paths as they are; every other service wants them normalised and encoded once more.
std::string aws_canonical_request(const AwsRequest& request, bool s3, std::string* signed_headers);
// date: "20150830T123600Z".
std::string aws_string_to_sign(std::string_view canonical_request, std::string_view date, const AwsScope& scope);
std::string aws_authorization(const AwsKey& key, const AwsScope& scope, std::string_view date,
                              std::string_view string_to_sign, std::string_view signed_headers);

// Adds x-amz-date, the session token, for S3 x-amz-content-sha256, and Authorization. A body that comes from a file is
// not part of the signature (UNSIGNED-PAYLOAD); only S3 allows that.
Result<void> sign_aws_request(const AwsKey& key, const AwsScope& scope, std::int64_t now_ms, HttpRequest* request);

}  // namespace br
