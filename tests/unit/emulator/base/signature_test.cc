// What the emulator makes of signatures: the vendor's published vectors pass, and nothing else does.
#include "emulator/base/signature.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "emulator/vendor/aws_signature.h"
#include "support/cmocka.h"

namespace {

namespace fs = std::filesystem;
using namespace br::emulator;

// The key pair of AWS's own examples, and the time that they were signed at.
const AwsKeyPair kKey = {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", {}};
constexpr char kDate[] = "20150830T123600Z";
constexpr size_t kVectors = 20;  // at least

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// A signed request as the vectors write it; false if its target has blanks, which no server would take.
bool read_request(const std::string& text, RequestHead& head, std::string& body) {
  std::istringstream in(text);
  std::string line;
  std::getline(in, line);
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  head = RequestHead();
  head.method = line.substr(0, first);
  const std::string target = line.substr(first + 1, last - first - 1);
  parse_target(target, head);
  while (std::getline(in, line) && !line.empty()) {
    if (line.front() == ' ') {
      head.headers.back().second += "\n" + line;
    } else {
      const size_t value = line.find_first_not_of(' ', line.find(':') + 1);
      head.headers.emplace_back(line.substr(0, line.find(':')), value == std::string::npos ? "" : line.substr(value));
    }
  }
  body = std::string(std::istreambuf_iterator<char>(in), {});
  return target.find(' ') == std::string::npos;
}

AwsFault judge(const AwsKeyPair& key, const RequestHead& head, const std::string& body,
               std::string_view service = "service", int64_t late_ms = 0) {
  return aws_fault({key}, head, hex_of(sha256(body)), service, aws_time_ms(kDate) + late_ms);
}

void published_vectors_pass_and_fail_when_touched(void**) {
  const char* specs = std::getenv("BATCHROUTER_SPECS");
  const fs::path root = fs::path(specs == nullptr ? "" : specs) / "aws4_testsuite";
  if (!fs::is_directory(root)) {
    print_message("SKIPPED: BATCHROUTER_SPECS names no directory with aws4_testsuite\n");
    skip();
  }
  size_t seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".sreq") continue;
    RequestHead head;
    std::string body;
    if (!read_request(text_of(entry.path()), head, body)) continue;
    // One .sreq has another vector's signature; the .authz files are right throughout.
    for (auto& [name, value] : head.headers) {
      if (name == "Authorization") value = text_of(fs::path(entry.path()).replace_extension(".authz"));
    }
    AwsKeyPair key = kKey;
    // In one vector the token is added behind the signature: whoever checks it must ask for a signed one.
    if (entry.path().stem() == "post-sts-header-after") continue;
    key.session_token = std::string(head.header("x-amz-security-token"));
    ++seen;
    if (judge(key, head, body) != AwsFault::kNone) fail_msg("%s does not pass", entry.path().c_str());
    assert_int_equal(judge(key, head, body + "x"), AwsFault::kWrong);
    head.query.emplace_back("more", "1");
    assert_int_equal(judge(key, head, body), AwsFault::kWrong);
  }
  assert_true(seen >= kVectors);
}

RequestHead vanilla() {
  RequestHead head;
  head.method = "GET";
  parse_target("/", head);
  head.headers = {{"Host", "example.amazonaws.com"},
                  {"X-Amz-Date", kDate},
                  {"Authorization",
                   "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                   "SignedHeaders=host;x-amz-date, "
                   "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"}};
  return head;
}

void what_is_wrong_with_a_signature_is_told(void**) {
  assert_int_equal(judge(kKey, vanilla(), ""), AwsFault::kNone);
  assert_string_equal(aws_region(vanilla()).c_str(), "us-east-1");
  assert_int_equal(judge({"AKIDOTHER", kKey.secret, {}}, vanilla(), ""), AwsFault::kUnknownKey);
  assert_int_equal(judge({kKey.id, "another", {}}, vanilla(), ""), AwsFault::kWrong);
  assert_int_equal(judge({kKey.id, kKey.secret, "token"}, vanilla(), ""), AwsFault::kToken);
  assert_int_equal(judge(kKey, vanilla(), "", "s3"), AwsFault::kScope);
  assert_int_equal(judge(kKey, vanilla(), "", "service", 16 * 60'000), AwsFault::kSkewed);
  assert_int_equal(judge(kKey, vanilla(), "", "service", -16 * 60'000), AwsFault::kSkewed);
  RequestHead head = vanilla();
  head.headers.emplace_back("x-amz-unsigned", "1");
  assert_int_equal(judge(kKey, head, ""), AwsFault::kUnsigned);
  head = vanilla();
  head.headers.pop_back();
  assert_int_equal(judge(kKey, head, ""), AwsFault::kMissing);
  head.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE");
  assert_int_equal(judge(kKey, head, ""), AwsFault::kMalformed);
}

void rsa_key_verifies_its_own_signature_only(void**) {
  const auto key = RsaKey::make();
  const std::string signature = key->sign("text");
  assert_true(key->verifies("text", signature));
  assert_false(key->verifies("test", signature));
  assert_false(key->verifies("text", ""));
  assert_false(RsaKey::make()->verifies("text", signature));
  const auto again = RsaKey::read(key->private_pem());
  assert_non_null(again.get());
  assert_true(again->verifies("text", signature));
  assert_null(RsaKey::read("no key").get());
}

void base64url_is_read_without_padding(void**) {
  std::string out;
  assert_true(base64url_decode("eyJhIjoiPz8_In0", out));
  assert_string_equal(out.c_str(), R"({"a":"???"})");
  assert_false(base64url_decode("ab+/", out));
  assert_false(base64url_decode("abcde", out));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(published_vectors_pass_and_fail_when_touched),
      cmocka_unit_test(what_is_wrong_with_a_signature_is_told),
      cmocka_unit_test(rsa_key_verifies_its_own_signature_only),
      cmocka_unit_test(base64url_is_read_without_padding),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
