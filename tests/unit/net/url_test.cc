// Where a key may go: an address is read strictly, and a request for another origin loses its secrets.
#include "net/url.h"

#include <string>
#include <vector>

#include "support/cmocka.h"

namespace {

using br::check_base_url;
using br::guard_destination;
using br::HttpRequest;
using br::is_loopback;
using br::parse_url;

void address_is_taken_apart(void**) {
  const auto url = parse_url("HTTPS://API.Example.com:8443/v1/files?x=1");
  assert_true(url.ok());
  assert_string_equal(url->scheme.c_str(), "https");
  assert_string_equal(url->host.c_str(), "api.example.com");
  assert_string_equal(url->port.c_str(), "8443");
  assert_string_equal(url->path.c_str(), "/v1/files?x=1");
  assert_string_equal(parse_url("https://a.example")->origin().c_str(), "https://a.example:443");
  assert_string_equal(parse_url("http://127.0.0.1/x")->origin().c_str(), "http://127.0.0.1:80");
}

void address_that_may_mislead_is_refused(void**) {
  for (const char* text :
       {"", "a.example", "ftp://a.example", "https://", "https:///x", "https://user@a.example",
        "https://user:pass@a.example", "https://a.example/#x", "https://a.example/a b", "https://a.example/\n",
        "https://a.example:port/", "javascript:x", "//a.example", "https://a.example\\@b.example/"})
    if (parse_url(text).ok()) fail_msg("%s", text);
}

void loopback_is_told_from_what_only_looks_like_it(void**) {
  for (const char* text : {"http://127.0.0.1:80", "http://localhost", "http://[::1]:8080"})
    assert_true(is_loopback(*parse_url(text)));
  for (const char* text :
       {"http://127.0.0.1.example.com", "http://localhost.example.com", "http://10.0.0.1", "http://notlocalhost"})
    assert_false(is_loopback(*parse_url(text)));
}

void base_url_is_https_or_on_this_machine(void**) {
  assert_string_equal(check_base_url("https://a.example/v1//")->c_str(), "https://a.example/v1");
  assert_string_equal(check_base_url("http://127.0.0.1:8080/")->c_str(), "http://127.0.0.1:8080");
  for (const char* text : {"http://a.example", "https://a.example?x=1", "https://a.example/v1?x", "nothing"})
    if (check_base_url(text).ok()) fail_msg("%s", text);
}

HttpRequest with_key(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.headers = {{"Authorization", "Bearer key", true}, {"Accept", "*/*", false}};
  return request;
}

void own_address_keeps_the_key(void**) {
  const std::vector<std::string> own = {"https://api.example/v1", "https://upload.example"};
  for (const char* url :
       {"https://api.example/v1/files", "https://API.example:443/other", "https://upload.example/x"}) {
    HttpRequest request = with_key(url);
    const auto is_own = guard_destination(own, &request);
    assert_true(is_own.ok() && *is_own);
    assert_int_equal(request.headers.size(), 2);
  }
}

void another_address_gets_no_key(void**) {
  const std::vector<std::string> own = {"https://api.example/v1"};
  for (const char* url : {"https://storage.example/signed", "https://api.example.evil.example/",
                          "https://api.example:444/", "https://sub.api.example/"}) {
    HttpRequest request = with_key(url);
    const auto is_own = guard_destination(own, &request);
    assert_true(is_own.ok() && !*is_own);
    assert_int_equal(request.headers.size(), 1);
    assert_string_equal(request.headers[0].name.c_str(), "Accept");
  }
}

void another_address_without_encryption_is_refused(void**) {
  HttpRequest request = with_key("http://storage.example/signed");
  assert_false(guard_destination(std::vector<std::string>{"https://api.example"}, &request).ok());
  request = with_key("http://api.example/");
  assert_false(guard_destination(std::vector<std::string>{"https://api.example"}, &request).ok());
}

void text_is_encoded_for_a_path(void**) {
  assert_string_equal(br::url_encode("aZ09-._~").c_str(), "aZ09-._~");
  assert_string_equal(br::url_encode("a b/c?d=\xc3\xa4&").c_str(), "a%20b%2Fc%3Fd%3D%C3%A4%26");
  assert_string_equal(br::url_encode(std::string(1, '\0')).c_str(), "%00");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(address_is_taken_apart),
      cmocka_unit_test(address_that_may_mislead_is_refused),
      cmocka_unit_test(loopback_is_told_from_what_only_looks_like_it),
      cmocka_unit_test(base_url_is_https_or_on_this_machine),
      cmocka_unit_test(own_address_keeps_the_key),
      cmocka_unit_test(another_address_gets_no_key),
      cmocka_unit_test(another_address_without_encryption_is_refused),
      cmocka_unit_test(text_is_encoded_for_a_path),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
