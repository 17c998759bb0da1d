#include "providers/bedrock/aws.h"

#include <algorithm>
#include <charconv>

#include "codec/json_read.h"
#include "codec/json_write.h"
#include "codec/words.h"
#include "net/url.h"
#include "providers/shared/http_error.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

constexpr std::string_view kScheme = "s3://";

std::string xml_unescaped(std::string_view text) {
  static constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::size_t length = 0;
    for (const auto& [entity, c] : kEntities) {
      if (!text.substr(i).starts_with(entity)) continue;
      out.push_back(c);
      length = entity.size();
    }
    unsigned code = 0;
    if (length == 0 && text.substr(i).starts_with("&#")) {
      const bool hex = i + 2 < text.size() && text[i + 2] == 'x';
      const char* first = text.data() + i + (hex ? 3 : 2);
      const auto [end, error] = std::from_chars(first, text.data() + text.size(), code, hex ? 16 : 10);
      if (error == std::errc() && end != text.data() + text.size() && *end == ';' && code > 0 && code < 0x80) {
        out.push_back(static_cast<char>(code));
        length = static_cast<std::size_t>(end + 1 - text.data()) - i;
      }
    }
    if (length == 0)
      out.push_back(text[i]);
    else
      i += length - 1;
  }
  return out;
}

// The content of the first <tag>…</tag>, still escaped; its end in *after when asked for.
std::string_view xml_inside(std::string_view xml, std::string_view tag, std::size_t* after = nullptr) {
  const std::string open = "<" + std::string(tag) + ">", close = "</" + std::string(tag) + ">";
  const std::size_t begin = xml.find(open);
  if (begin == std::string_view::npos) return {};
  const std::size_t end = xml.find(close, begin);
  if (end == std::string_view::npos) return {};
  if (after != nullptr) *after = end + close.size();
  return xml.substr(begin + open.size(), end - begin - open.size());
}

// "com.amazon.coral#ThrottlingException:http://…" is a ThrottlingException.
std::string plain_type(std::string_view type) {
  type = type.substr(0, type.find(':'));
  const std::size_t hash = type.rfind('#');
  return std::string(hash == std::string_view::npos ? type : type.substr(hash + 1));
}

void reclassify(Error* error) {
  const std::string& type = error->vendor_code;
  if (is_one_of(type, {"ThrottlingException", "Throttling", "SlowDown", "RequestTimeout"})) {
    error->code = Code::network;
    error->transient = true;
  } else if (type == "ServiceQuotaExceededException") {
    // So many jobs at a time: a full queue. What the job itself is too large in is a refusal.
    error->code = Code::limit;
    error->transient = lower_case(error->message).find("record") == std::string::npos;
    error->hint = "raise the quota of the account; it is tried again when other jobs may have ended";
  } else if (is_one_of(type, {"NoSuchBucket", "PermanentRedirect", "AuthorizationHeaderMalformed", "InvalidBucketName",
                              "IllegalLocationConstraintException", "InvalidBucketState"})) {
    error->code = Code::network;
    error->blocking = true;
    error->transient = false;
    error->hint = "check the bucket and its region: bedrock.input_s3_uri, bedrock.region, bedrock.s3_url; then resume";
  } else if (is_one_of(type, {"RequestTimeTooSkewed", "SignatureDoesNotMatch", "InvalidSignatureException"})) {
    error->code = Code::auth;
    error->hint = "check the secret access key, the region and the clock of this machine";
  } else if (is_one_of(type, {"ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException",
                              "InvalidAccessKeyId", "AccessDenied", "AccessDeniedException"})) {
    error->code = Code::auth;
  }
}

}  // namespace

S3Place read_s3_uri(std::string_view uri) {
  if (uri.starts_with(kScheme)) uri.remove_prefix(kScheme.size());
  const std::size_t slash = uri.find('/');
  if (slash == std::string_view::npos) return {std::string(uri), ""};
  return {std::string(uri.substr(0, slash)), std::string(uri.substr(slash + 1))};
}

std::string s3_uri(const S3Place& place) { return std::string(kScheme) + place.bucket + "/" + place.key; }

std::string s3_address(std::string_view endpoint, const S3Place& place) {
  std::string url = std::string(endpoint) + "/" + url_encode(place.bucket);
  for (std::size_t at = 0; at <= place.key.size() && !place.key.empty();) {
    const std::size_t end = std::min(place.key.find('/', at), place.key.size());
    url += "/" + url_encode(std::string_view(place.key).substr(at, end - at));
    at = end + 1;
  }
  return url;
}

Result<S3Page> read_s3_list(std::string_view provider, std::string_view what, const HttpResponse& response) {
  if (!response.ok()) return read_aws_error(provider, what, response);
  std::string_view xml = response.body;
  if (xml.find("<ListBucketResult") == std::string_view::npos)
    return protocol_error(provider, what, "the answer is no list of objects");
  S3Page page;
  if (xml_inside(xml, "IsTruncated") == "true") page.next = xml_unescaped(xml_inside(xml, "NextContinuationToken"));
  for (;;) {
    std::size_t after = 0;
    const std::string_view object = xml_inside(xml, "Contents", &after);
    if (after == 0) return page;
    page.keys.push_back(xml_unescaped(xml_inside(object, "Key")));
    xml.remove_prefix(after);
  }
}

Error read_aws_error(std::string_view provider, std::string_view what, const HttpResponse& response) {
  HttpResponse told = response;
  std::string type = plain_type(response.header("x-amzn-errortype"));
  if (const std::string_view code = xml_inside(response.body, "Code"); !code.empty()) {
    type = xml_unescaped(code);
    told.body.clear();
    JsonWriter json(&told.body);
    json.begin_object()
        .field("message", type + ": " + xml_unescaped(xml_inside(response.body, "Message")))
        .end_object();
  } else if (type.empty()) {
    if (const auto json = Json::parse(response.body); json != nullptr) type = plain_type((*json)["__type"].string());
  }
  Error error = read_http_error(provider, what, told);
  if (error.request_id.empty()) error.request_id = response.header("x-amzn-requestid");
  if (error.request_id.empty()) error.request_id = response.header("x-amz-request-id");
  if (response.failure != Failure::none || type.empty()) return error;
  error.vendor_code = type;
  reclassify(&error);
  return error;
}

}  // namespace br
