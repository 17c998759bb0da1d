// What a vendor echoes of a request's secrets does not leave the transport, in whatever form and pieces it comes.
#include "net/secrets.h"

#include <string>
#include <vector>

#include "support/cmocka.h"

namespace {

const std::string kKey = "canary-3f9+b1/c7d2e8a4==";

br::HttpRequest request_with(const std::string& name, const std::string& value) {
  br::HttpRequest request;
  request.add_secret_header(name, value);
  return request;
}

std::string hidden(const br::Secrets& secrets, std::string text) {
  secrets.hide(&text);
  return text;
}

void check_gone(const br::Secrets& secrets, const std::string& form) {
  const std::string text = "{\"error\":{\"message\":\"header was " + form + ", rejected\"}}";
  const std::string safe = hidden(secrets, text);
  assert_int_equal(safe.size(), text.size());
  assert_true(safe.find(form) == std::string::npos);
  assert_true(safe.starts_with("{\"error\":{\"message\":\"header was *") && safe.ends_with(", rejected\"}}"));
}

// Each beginning with an ordinary character, so that the asterisks begin where the form does.
const std::vector<std::string> kForms = {
    kKey,
    "Y2FuYXJ5LTNmOStiMS9jN2QyZThhND09",                           // base64
    "canary-3f9%2Bb1%2Fc7d2e8a4%3D%3D",                           // percent-encoded
    "canary-3f9%2bb1/c7d2e8a4%3d%3d",                             // in part, lower case
    "canary-3f9+b1\\/c7d2e8a4==",                                 // as JSON has it
    "canary-3f9\\u002Bb1\\\\/c7d2e8a4\\u003d=",                   // twice, as JSON in JSON
    "canary-3f9&#43;b1&#x2F;c7d2e8a4==",                          // HTML
};

void every_form_of_a_key_is_hidden(void**) {
  for (const br::HttpRequest& request :
       {request_with("Authorization", "Bearer " + kKey), request_with("x-api-key", kKey), request_with("api-key", kKey)}) {
    const br::Secrets secrets(request);
    for (const std::string& form : kForms) check_gone(secrets, form);
  }
}

void base64_at_any_alignment_is_hidden_but_for_the_digits_it_shares(void**) {
  br::HttpRequest request;
  request.secrets.push_back("0123456789abcdef");
  const br::Secrets secrets(request);
  // "user:KEY", ":KEY", "ab:KEY", "KEY:"; the last with the other alphabet's padding left out.
  for (const char* form : {"dXNlcjowMTIzNDU2Nzg5YWJjZGVm", "OjAxMjM0NTY3ODlhYmNkZWY=", "YWI6MDEyMzQ1Njc4OWFiY2RlZg==",
                           "MDEyMzQ1Njc4OWFiY2RlZjo"}) {
    const std::string safe = hidden(secrets, form);
    assert_int_equal(safe.size(), std::string(form).size());
    assert_true(safe.find("IzNDU2Nzg5YWJjZGV") == std::string::npos);
    assert_true(safe.find("jM0NTY3ODlhYmNkZW") == std::string::npos);
    assert_true(safe.find("EyMzQ1Njc4OWFiY2R") == std::string::npos);
  }
}

void a_private_key_is_hidden_as_the_json_of_its_file_has_it(void**) {
  br::HttpRequest request;
  request.secrets.push_back("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQ==\n-----END PRIVATE KEY-----\n");
  const br::Secrets secrets(request);
  const std::string safe = hidden(
      secrets, R"({"k":"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQ==\n-----END PRIVATE KEY-----\n"})");
  assert_true(safe.find("MIIE") == std::string::npos);
  assert_true(safe.starts_with("{\"k\":\"**") && safe.ends_with("**\"}"));
}

void every_cut_of_a_stream_hides_the_same(void**) {
  const br::Secrets secrets(request_with("x-goog-api-key", kKey));
  for (const std::string& form : kForms) {
    const std::string text = "{\"r\":\"c can canary " + form + "\"}\n{\"r\":\"" + form + form + "\"}\n";
    const std::string whole = hidden(secrets, text);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      std::string kept, buffer, passed;
      for (const std::string_view piece : {std::string_view(text).substr(0, cut), std::string_view(text).substr(cut)})
        passed += secrets.hide_next(piece, &kept, &buffer);
      assert_string_equal((passed + kept).c_str(), whole.c_str());
    }
    std::string kept, buffer, passed;
    for (const char c : text) passed += secrets.hide_next({&c, 1}, &kept, &buffer);
    assert_string_equal((passed + kept).c_str(), whole.c_str());
  }
}

void ordinary_bytes_are_passed_on_at_once(void**) {
  const br::Secrets secrets(request_with("x-api-key", kKey));
  std::string kept, buffer;
  const std::string text = "{\"id\":\"batch_1\",\"text\":\"50% \\\\ canary\"}\n";
  assert_string_equal(std::string(secrets.hide_next(text, &kept, &buffer)).c_str(), text.c_str());
  assert_true(kept.empty());
}

void words_that_serve_as_keys_do_not_spoil_texts(void**) {
  for (const char* word : {"", "key", "EMPTY", "dummy", "key-one", "not-needed", "placeholder"}) {
    const br::Secrets secrets(request_with("Authorization", std::string("Bearer ") + word));
    assert_true(secrets.empty());
    assert_string_equal(hidden(secrets, std::string("a ") + word + " b").c_str(), (std::string("a ") + word + " b").c_str());
  }
  assert_true(br::Secrets::is_guarded("abcdefg1") && br::Secrets::is_guarded("abcdefghijklmnop"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_form_of_a_key_is_hidden),
      cmocka_unit_test(base64_at_any_alignment_is_hidden_but_for_the_digits_it_shares),
      cmocka_unit_test(a_private_key_is_hidden_as_the_json_of_its_file_has_it),
      cmocka_unit_test(every_cut_of_a_stream_hides_the_same),
      cmocka_unit_test(ordinary_bytes_are_passed_on_at_once),
      cmocka_unit_test(words_that_serve_as_keys_do_not_spoil_texts),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
