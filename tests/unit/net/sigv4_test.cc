#include "net/sigv4.h"

#include <cstring>
#include <filesystem>

#include "net/crypto.h"
#include "support/cmocka.h"
#include "support/scratch.h"

namespace {

namespace fs = std::filesystem;

constexpr const char* kDate = "20150830T123600Z";
constexpr std::int64_t kNow = 1'440'938'160'000;
constexpr std::size_t kVectors = 34;
const br::AwsScope kScope = {"us-east-1", "service"};

// The key pair of AWS's own examples.
br::AwsKey example_key() { return {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""}; }

// A request as the vectors write it: a request line, headers that may go on in the next line, a body.
br::AwsRequest read_vector(const std::string& text) {
  br::AwsRequest request;
  std::istringstream in(text);
  std::string line;
  std::getline(in, line);
  const std::size_t blank = line.find(' '), last = line.rfind(' ');
  request.method = line.substr(0, blank);
  request.target = line.substr(blank + 1, last - blank - 1);
  while (std::getline(in, line) && !line.empty()) {
    if (line.front() == ' ') {
      request.headers.back().second += "\n" + line;
    } else {
      request.headers.emplace_back(line.substr(0, line.find(':')), line.substr(line.find(':') + 1));
    }
  }
  std::string body(std::istreambuf_iterator<char>(in), {});
  request.payload_hash = br::hex(br::sha256(body));
  return request;
}

// The one vector whose token the signer adds itself: it stands in the signed request only.
void add_session_token(fs::path file, br::AwsRequest* request) {
  constexpr std::string_view kName = "X-Amz-Security-Token:";
  if (file.stem() != "get-vanilla-with-session-token") return;
  const std::string signed_text = read_text(file.replace_extension(".sreq").string());
  const std::size_t at = signed_text.find(kName);
  assert_true(at != std::string::npos);
  const std::size_t begin = at + kName.size();
  request->headers.emplace_back("x-amz-security-token",
                                signed_text.substr(begin, signed_text.find('\n', begin) - begin));
}

bool same(const fs::path& path, const std::string& actual) {
  const std::string expected = read_text(path.string());
  if (expected == actual) return true;
  print_error("%s:\nexpected:\n%s\nactual:\n%s\n", path.c_str(), expected.c_str(), actual.c_str());
  return false;
}

void published_vectors_come_out_byte_for_byte(void**) {
  const char* specs = getenv("BATCHROUTER_SPECS");
  const fs::path root = fs::path(specs == nullptr ? "" : specs) / "aws4_testsuite";
  if (!fs::is_directory(root)) {
    print_message("SKIPPED: BATCHROUTER_SPECS names no directory with aws4_testsuite\n");
    skip();
  }
  std::size_t seen = 0, wrong = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".req") continue;
    ++seen;
    fs::path file = entry.path();
    br::AwsRequest request = read_vector(read_text(file.string()));
    add_session_token(file, &request);
    std::string signed_headers;
    const std::string canonical = br::aws_canonical_request(request, false, &signed_headers);
    const std::string text = br::aws_string_to_sign(canonical, kDate, kScope);
    const std::string header = br::aws_authorization(example_key(), kScope, kDate, text, signed_headers);
    const bool good = same(file.replace_extension(".creq"), canonical) && same(file.replace_extension(".sts"), text) &&
                      same(file.replace_extension(".authz"), header);
    if (!good) ++wrong;
  }
  assert_int_equal(seen, kVectors);
  assert_int_equal(wrong, 0);
}

const br::Header* find(const br::HttpRequest& request, std::string_view name) {
  for (const br::Header& header : request.headers) {
    if (header.name == name) return &header;
  }
  return nullptr;
}

void signing_a_request_gives_the_published_signature(void**) {
  // get-vanilla of the vectors, through the door that providers use.
  br::HttpRequest request;
  request.url = "https://example.amazonaws.com/";
  assert_true(br::sign_aws_request(example_key(), kScope, kNow, &request).ok());
  assert_string_equal(find(request, "x-amz-date")->value.c_str(), kDate);
  const br::Header* header = find(request, "Authorization");
  assert_true(header->secret);
  assert_string_equal(header->value.c_str(),
                      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                      "SignedHeaders=host;x-amz-date, "
                      "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  assert_null(find(request, "x-amz-content-sha256"));
}

void signing_for_s3_names_the_hash_and_leaves_a_file_unsigned(void**) {
  br::HttpRequest request;
  request.method = "PUT";
  request.url = "http://127.0.0.1:9000/bucket/a%20b//c.jsonl";
  request.body_path = "/nowhere";
  assert_true(br::sign_aws_request(example_key(), {"us-east-1", "s3"}, kNow, &request).ok());
  assert_string_equal(find(request, "x-amz-content-sha256")->value.c_str(), "UNSIGNED-PAYLOAD");
  assert_non_null(
      strstr(find(request, "Authorization")->value.c_str(), "SignedHeaders=host;x-amz-content-sha256;x-amz-date"));
}

void signing_with_a_session_token_signs_it_and_keeps_it_secret(void**) {
  br::AwsKey key = example_key();
  key.session_token = "token";
  br::HttpRequest request;
  request.url = "https://example.amazonaws.com/";
  assert_true(br::sign_aws_request(key, kScope, kNow, &request).ok());
  assert_true(find(request, "x-amz-security-token")->secret);
  assert_non_null(strstr(find(request, "Authorization")->value.c_str(), "host;x-amz-date;x-amz-security-token"));
}

void signing_a_file_for_another_service_is_an_error(void**) {
  br::HttpRequest request;
  request.url = "https://example.amazonaws.com/";
  request.body_path = "/nowhere";
  assert_false(br::sign_aws_request(example_key(), kScope, kNow, &request).ok());
}

void canonical_path_of_an_encoded_id_is_encoded_once_more_but_not_for_s3(void**) {
  std::string names;
  const br::AwsRequest request{"GET", "/model-invocation-job/arn%3Aaws%2Fx", {{"Host", "h"}}, "hash"};
  assert_true(
      br::aws_canonical_request(request, false, &names).starts_with("GET\n/model-invocation-job/arn%253Aaws%252Fx\n"));
  const br::AwsRequest object{"GET", "/b/a%20b//../c?list-type=2&prefix=x%2Fy", {{"Host", "h"}}, "hash"};
  assert_true(br::aws_canonical_request(object, true, &names)
                  .starts_with("GET\n/b/a%20b//../c\nlist-type=2&prefix=x%2Fy\nhost:h\n"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(published_vectors_come_out_byte_for_byte),
      cmocka_unit_test(signing_a_request_gives_the_published_signature),
      cmocka_unit_test(signing_for_s3_names_the_hash_and_leaves_a_file_unsigned),
      cmocka_unit_test(signing_with_a_session_token_signs_it_and_keeps_it_secret),
      cmocka_unit_test(signing_a_file_for_another_service_is_an_error),
      cmocka_unit_test(canonical_path_of_an_encoded_id_is_encoded_once_more_but_not_for_s3),
  };
  return cmocka_run_group_tests_name("sigv4", tests, nullptr, nullptr);
}
