// What AWS's services share: s3:// addresses, S3's XML, errors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "providers/http_api.h"

namespace br {

// "s3://bucket/some/key" or a bare bucket name.
struct S3Place {
  std::string bucket, key;
};
S3Place read_s3_uri(std::string_view uri);
std::string s3_uri(const S3Place& place);
// Path style, which every S3 and every S3-like server takes: <endpoint>/<bucket>/<key>.
std::string s3_address(std::string_view endpoint, const S3Place& place);

struct S3Page {
  std::vector<std::string> keys;
  std::string next;  // continuation token, empty at the end
};
// Code::protocol when it is no list of objects.
Result<S3Page> read_s3_list(std::string_view provider, std::string_view what, const HttpResponse& response);

// As read_http_error, with AWS's type in the x-amzn-errortype header or in S3's XML.
Error read_aws_error(std::string_view provider, std::string_view what, const HttpResponse& response);

}  // namespace br
