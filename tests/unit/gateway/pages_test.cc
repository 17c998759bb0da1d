// The gateway's own pages: what they bring, and who does not get them.
#include "gateway/page_files.h"
#include "support/gateway_room.h"

namespace {

using room::has;
using room::Room;

const std::string kBearer = "Authorization: Bearer " + room::kToken + "\r\n";
const std::vector<std::string> kRoutes = {"/",      "/page/page.css", "/page/page.js", "/page/icon.svg",
                                          "/stats", "/metrics",       "/page/none",    "/page/"};

std::string text_of(std::string_view name) {
  for (const auto& file : br::gateway::kPageFiles) {
    if (file.name == name) return std::string(file.text);
  }
  fail_msg("there is no file %s", std::string(name).c_str());
  return {};
}

void pages_are_kept_to_themselves_by_their_headers(void**) {
  const Room here;
  for (const std::string& route : kRoutes) {
    for (const std::string& headers : {kBearer, std::string(), std::string("Origin: null\r\n")}) {
      const std::string answer = here.ask(here.get(route, headers));
      for (const char* header :
           {"\r\ncontent-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n",
            "\r\nx-content-type-options: nosniff\r\n", "\r\nreferrer-policy: no-referrer\r\n",
            "\r\ncache-control: no-store\r\n"})
        assert_true(has(answer, header));
      assert_true(answer.find("ccess-control-allow") == std::string::npos);
      assert_true(answer.find(room::kToken) == std::string::npos);
    }
  }
}

void routes_refuse_whoever_may_not_look(void**) {
  const Room here;
  for (const std::string& route : kRoutes) {
    const auto status = [&](const std::string& headers) { return room::status_of(here.ask(here.get(route, headers))); };
    assert_string_equal(status("").c_str(), "HTTP/1.1 401");
    assert_string_equal(status("Authorization: Bearer wrong\r\n").c_str(), "HTTP/1.1 403");
    assert_string_equal(status("Cookie: batchrouter_token=wrong\r\n").c_str(), "HTTP/1.1 403");
    assert_string_equal(status(kBearer + "Origin: http://evil.test\r\n").c_str(), "HTTP/1.1 403");
    assert_string_equal(status(kBearer + "Sec-Fetch-Site: cross-site\r\n").c_str(), "HTTP/1.1 403");
    const std::string foreign = here.ask("GET " + route + " HTTP/1.1\r\nHost: evil.test\r\n" + kBearer + "\r\n");
    assert_string_equal(room::status_of(foreign).c_str(), "HTTP/1.1 421");
    const bool is_there = route != "/page/none" && route != "/page/";
    assert_string_equal(status(kBearer).c_str(), is_there ? "HTTP/1.1 200" : "HTTP/1.1 404");
  }
  assert_true(has(here.ask(here.get("/?token=wrong")), "HTTP/1.1 403"));
  assert_true(has(here.ask(here.get("/metrics?token=" + room::kToken)), "HTTP/1.1 401"));
}

void page_has_nothing_in_its_text_that_its_policy_forbids(void**) {
  const std::string html = text_of("index.html");
  for (const char* forbidden : {"<style", " style=", " onclick=", " onload=", "javascript:", "http://", "https://"})
    assert_true(html.find(forbidden) == std::string::npos);
  for (size_t at = html.find("<script"); at != std::string::npos; at = html.find("<script", at + 1))
    assert_int_equal(html.compare(at, 12, "<script src="), 0);
  const std::string script = text_of("page.js");
  for (const char* forbidden : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", ".style"})
    assert_true(script.find(forbidden) == std::string::npos);
  assert_true(text_of("page.css").find("url(") == std::string::npos);
}

void files_have_their_types(void**) {
  const Room here;
  const auto type = [&](const char* route) { return here.ask(here.get(route, kBearer)); };
  assert_true(has(type("/"), "content-type: text/html; charset=utf-8"));
  assert_true(has(type("/page/page.css"), "content-type: text/css"));
  assert_true(has(type("/page/page.js"), "content-type: text/javascript"));
  assert_true(has(type("/page/icon.svg"), "content-type: image/svg+xml"));
  assert_true(has(type("/metrics"), "content-type: text/plain; version=0.0.4"));
  assert_true(has(type("/metrics"), "\nbatchrouter_held_requests 0\n"));
}

void figures_that_are_not_to_be_had_are_503(void**) {
  Room here;
  here.capture.stats.clear();
  assert_true(has(here.ask(here.get("/stats", kBearer)), "HTTP/1.1 503"));
  assert_true(has(here.ask(here.get("/metrics", kBearer)), "HTTP/1.1 503"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(pages_are_kept_to_themselves_by_their_headers),
      cmocka_unit_test(routes_refuse_whoever_may_not_look),
      cmocka_unit_test(page_has_nothing_in_its_text_that_its_policy_forbids),
      cmocka_unit_test(files_have_their_types),
      cmocka_unit_test(figures_that_are_not_to_be_had_are_503),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
