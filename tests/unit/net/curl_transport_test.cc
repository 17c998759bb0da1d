// What is known of an exchange that went wrong decides whether something is paid for twice: nothing was sent, or it may
// have been.
#include "net/curl_transport.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/cmocka.h"
#include "support/loopback_server.h"
#include "support/scratch.h"

namespace {

using br::Failure;
using br::HttpRequest;
using br::HttpResponse;
using br::test::LoopbackServer;

std::string answer_of(const std::string& status, const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

HttpRequest request_to(const std::string& method, const std::string& url, const std::string& body = "") {
  HttpRequest request;
  request.method = method;
  request.url = url;
  request.body = body;
  return request;
}

struct Room {
  Room() {
    br::TransportOptions options;
    options.files = br::posix_files();
    transport = br::make_curl_transport(options);
  }
  HttpResponse send(HttpRequest request, br::BodySink sink = nullptr) {
    HttpResponse got;
    bool is_done = false;
    transport->start(std::move(request), std::move(sink), [&](HttpResponse response) {
      got = std::move(response);
      is_done = true;
    });
    while (!is_done) transport->wait(1000);
    return got;
  }
  std::unique_ptr<br::Transport> transport;
};

void answer_comes_with_status_headers_and_body(void**) {
  LoopbackServer server([](const std::string&) { return answer_of("201 Created", "{\"id\":1}", "X-Name: Value\r\n"); });
  Room room;
  const HttpResponse got = room.send(request_to("POST", server.url("/v1/batches"), "the body"));
  assert_true(got.ok() && got.status == 201 && got.body == "{\"id\":1}" && got.header("x-name") == "Value");
  assert_int_equal(server.requests().size(), 1);
  const std::string sent = server.requests()[0];
  assert_true(sent.starts_with("POST /v1/batches HTTP/1.1\r\n") && sent.ends_with("\r\n\r\nthe body"));
  assert_int_equal(room.transport->stats().requests, 1);
  assert_int_equal(room.transport->active(), 0);
}

void body_of_a_file_goes_up_between_its_ends_with_commas_for_newlines(void**) {
  const Scratch scratch;
  LoopbackServer server([](const std::string&) { return answer_of("200 OK", ""); });
  Room room;
  HttpRequest request = request_to("POST", server.url());
  request.body_path = scratch.write("lines", "{\"a\":1}\n{\"b\":2}\n");
  request.body_prefix = "{\"requests\":[";
  request.body_suffix = "]}";
  request.join_lines = true;
  assert_true(room.send(std::move(request)).ok());
  // A blank for the last one, so that the length is known without reading the file.
  assert_true(server.requests()[0].ends_with("\r\n\r\n{\"requests\":[{\"a\":1},{\"b\":2} ]}"));
}

void nothing_was_sent_to_a_port_where_nobody_listens(void**) {
  std::string url;
  {
    const LoopbackServer gone([](const std::string&) { return std::string(); });
    url = gone.url();
  }
  Room room;
  assert_true(room.send(request_to("POST", url, "paid")).failure == Failure::not_connected);
}

// The server may have carried it out: it is sent once, and nobody says that it was not.
void call_whose_answer_is_lost_is_broken_and_not_sent_again(void**) {
  for (const char* answer : {"", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"}) {
    LoopbackServer server([answer](const std::string&) { return std::string(answer); });
    Room room;
    const HttpResponse got = room.send(request_to("POST", server.url(), "paid"));
    assert_true(got.failure == Failure::broken && !got.ok());
    assert_int_equal(server.requests().size(), 1);
  }
}

void redirect_is_an_answer_and_is_not_followed(void**) {
  LoopbackServer other([](const std::string&) { return answer_of("200 OK", ""); });
  const std::string to = other.url();
  LoopbackServer server([&to](const std::string&) { return answer_of("307 Temporary", "", "Location: " + to + "\r\n"); });
  Room room;
  HttpRequest request = request_to("POST", server.url(), "paid");
  request.headers.push_back({"authorization", "Bearer the-key", true});
  assert_int_equal(room.send(std::move(request)).status, 307);
  assert_true(other.requests().empty());
}

void secrets_that_are_echoed_do_not_come_out(void**) {
  LoopbackServer server([](const std::string&) {
    return answer_of("401 Unauthorized", "no key the-long-secret-key here", "X-Echo: the-long-secret-key\r\n");
  });
  Room room;
  HttpRequest request = request_to("GET", server.url());
  request.headers.push_back({"authorization", "the-long-secret-key", true});
  const HttpResponse got = room.send(std::move(request));
  assert_int_equal(got.status, 401);
  assert_true(got.body.find("the-long-secret-key") == std::string::npos);
  assert_true(got.header("x-echo").find("the-long-secret-key") == std::string::npos);
  assert_true(server.requests()[0].find("the-long-secret-key") != std::string::npos);
}

// The rows go to the sink; what an error says is no row.
void bulk_body_goes_to_the_sink_only_where_it_is_a_good_answer(void**) {
  const std::string rows(300'000, 'r');
  for (const bool good : {true, false}) {
    LoopbackServer server([&](const std::string&) { return answer_of(good ? "200 OK" : "404 Not Found", rows); });
    Room room;
    HttpRequest request = request_to("GET", server.url());
    request.bulk = true;
    std::string came;
    const HttpResponse got = room.send(std::move(request), [&came](const HttpResponse& head, std::string_view bytes) {
      assert_int_equal(head.status, 200);
      came += bytes;
      return true;
    });
    assert_true(good ? got.ok() && came == rows && got.body.empty() : got.status == 404 && came.empty());
  }
}

void sink_that_refuses_ends_the_exchange(void**) {
  LoopbackServer server([](const std::string&) { return answer_of("200 OK", std::string(300'000, 'r')); });
  Room room;
  HttpRequest request = request_to("GET", server.url());
  request.bulk = true;
  int calls = 0;
  const HttpResponse got = room.send(std::move(request), [&calls](const HttpResponse&, std::string_view) {
    ++calls;
    return false;
  });
  assert_true(got.failure == Failure::local);
  assert_int_equal(calls, 1);
}

void control_answer_without_end_is_too_large(void**) {
  LoopbackServer server([](const std::string&) { return answer_of("200 OK", std::string(std::size_t{40} << 20, 'x')); });
  Room room;
  assert_true(room.send(request_to("GET", server.url())).failure == Failure::too_large);
}

void file_that_cannot_be_read_sends_nothing(void**) {
  LoopbackServer server([](const std::string&) { return answer_of("200 OK", ""); });
  Room room;
  HttpRequest request = request_to("POST", server.url());
  request.body_path = "/no/such/file";
  assert_true(room.send(std::move(request)).failure == Failure::local);
  assert_true(server.requests().empty());
}

// A port that takes connections and never answers.
class Silence {
 public:
  Silence() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (bind(socket_, raw, size) != 0 || listen(socket_, 64) != 0 || getsockname(socket_, raw, &size) != 0)
      fail_msg("no loopback port");
    port_ = ntohs(address.sin_port);
  }
  ~Silence() { close(socket_); }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  const int socket_;
  int port_ = 0;
};

void uploads_that_hang_at_one_vendor_hold_up_no_other(void**) {
  const Scratch scratch;
  const Silence silence;
  LoopbackServer server([](const std::string&) { return answer_of("200 OK", ""); });
  Room room;
  const auto upload = [&](const std::string& url, const std::string& lane) {
    HttpRequest request = request_to("POST", url);
    request.body_path = scratch.write("lines", "{\"a\":1}\n");
    request.lane = lane;
    return request;
  };
  constexpr int kHanging = 40;
  for (int i = 0; i < kHanging; ++i)
    room.transport->start(upload(silence.url(), "hangs"), nullptr,
                          [](const HttpResponse&) { fail_msg("it was answered"); });
  for (int i = 0; i < 5; ++i) assert_true(room.send(upload(server.url(), "works")).ok());
  assert_int_equal(room.transport->active(), kHanging);
}

void aborted_exchange_is_never_done(void**) {
  LoopbackServer server([](const std::string&) { return answer_of("200 OK", ""); });
  Room room;
  bool is_done = false;
  const auto end = [&is_done](HttpResponse) { is_done = true; };
  const auto id = room.transport->start(request_to("GET", server.url()), nullptr, end);
  room.transport->wait(0);
  room.transport->abort(id);
  assert_int_equal(room.transport->active(), 0);
  assert_true(room.send(request_to("GET", server.url("/other"))).ok());
  assert_false(is_done);
}

// More than are under way at a time: each ends once, with its own answer.
void many_exchanges_each_end_once_with_their_own_answer(void**) {
  LoopbackServer server([](const std::string& request) {
    return answer_of("200 OK", request.substr(4, request.find(' ', 4) - 4));
  });
  Room room;
  constexpr std::size_t kMany = 100;
  std::vector<std::string> bodies(kMany);
  std::size_t ended = 0;
  for (std::size_t i = 0; i < kMany; ++i) {
    room.transport->start(request_to("GET", server.url("/" + std::to_string(i))), nullptr,
                          [&bodies, &ended, i](HttpResponse response) {
                            bodies[i] += response.body;
                            ++ended;
                          });
  }
  assert_int_equal(room.transport->active(), kMany);
  while (room.transport->active() > 0) room.transport->wait(1000);
  assert_int_equal(ended, kMany);
  for (std::size_t i = 0; i < kMany; ++i) assert_string_equal(bodies[i].c_str(), ("/" + std::to_string(i)).c_str());
  assert_int_equal(server.requests().size(), kMany);
}

void wait_is_ended_from_another_thread(void**) {
  Room room;
  std::thread waker([&room] { room.transport->wake(); });
  room.transport->wait(-1);
  waker.join();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(answer_comes_with_status_headers_and_body),
      cmocka_unit_test(body_of_a_file_goes_up_between_its_ends_with_commas_for_newlines),
      cmocka_unit_test(nothing_was_sent_to_a_port_where_nobody_listens),
      cmocka_unit_test(call_whose_answer_is_lost_is_broken_and_not_sent_again),
      cmocka_unit_test(redirect_is_an_answer_and_is_not_followed),
      cmocka_unit_test(secrets_that_are_echoed_do_not_come_out),
      cmocka_unit_test(bulk_body_goes_to_the_sink_only_where_it_is_a_good_answer),
      cmocka_unit_test(sink_that_refuses_ends_the_exchange),
      cmocka_unit_test(control_answer_without_end_is_too_large),
      cmocka_unit_test(file_that_cannot_be_read_sends_nothing),
      cmocka_unit_test(uploads_that_hang_at_one_vendor_hold_up_no_other),
      cmocka_unit_test(aborted_exchange_is_never_done),
      cmocka_unit_test(many_exchanges_each_end_once_with_their_own_answer),
      cmocka_unit_test(wait_is_ended_from_another_thread),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
