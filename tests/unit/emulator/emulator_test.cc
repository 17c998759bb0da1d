#include "emulator/emulator.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <string>

#include "support/cmocka.h"
#include "unit/emulator/drive.h"

namespace {

using namespace drive;

// A client that sends bytes as they are, so that the test says how the request is cut and framed.
class Wire {
 public:
  explicit Wire(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  ~Wire() { ::close(fd_); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      assert_true(sent > 0);
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }

  // The next response, head and body; what came before the connection's end if that comes first.
  std::string receive() {
    std::string text = std::move(left_);
    size_t wanted = std::string::npos;
    while (text.size() < wanted) {
      const size_t head_end = text.find("\r\n\r\n");
      if (wanted == std::string::npos && head_end != std::string::npos) {
        const size_t length = text.find("content-length: ");
        wanted = head_end + 4 + (length < head_end ? std::stoul(text.substr(length + 16)) : 0);
        continue;
      }
      char buffer[65536];
      const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
      last_errno = got < 0 ? errno : 0;
      if (got <= 0) return text;
      text.append(buffer, static_cast<size_t>(got));
    }
    left_ = text.substr(wanted);
    return text.substr(0, wanted);
  }

  std::string ask(std::string_view method, const std::string& path, std::string_view body = {},
                  std::string_view type = "application/json") {
    send(std::string(method) + " " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nContent-Type: " +
         std::string(type) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    send(body);
    return receive();
  }

  int last_errno = 0;

 private:
  int fd_;
  std::string left_;
};

std::string body_of(const std::string& response) { return response.substr(response.find("\r\n\r\n") + 4); }

std::string text_of(const std::string& response, std::string_view name) {
  json::Document document;
  if (!json::parse(body_of(response), document)) return {};
  return std::string(json::string_member(document, name));
}

std::unique_ptr<Emulator> started() {
  std::string error;
  auto emulator = Emulator::start(still(), error);
  assert_string_equal(error.c_str(), "");
  assert_non_null(emulator.get());
  return emulator;
}

constexpr char kForm[] = "multipart/form-data; boundary=b";

void whole_batch_over_one_connection_comes_back(void**) {
  const auto emulator = started();
  assert_string_equal(emulator->base_url("openai").c_str(),
                      ("http://127.0.0.1:" + std::to_string(emulator->port()) + "/v1").c_str());
  Wire wire(emulator->port());
  const std::string padding(400, 'p');
  std::string input;
  for (int i = 0; i < 3000; ++i) input += line("r" + std::to_string(i), ",\"user\":\"" + padding + "\"");
  const std::string upload = wire.ask("POST", "/v1/files", Client::form("batch", "in.jsonl", input), kForm);
  const std::string create = wire.ask("POST", "/v1/batches",
                                      R"({"input_file_id":")" + text_of(upload, "id") +
                                          R"(","endpoint":"/v1/chat/completions","completion_window":"24h"})");
  emulator->advance_ms(1000);
  const std::string batch = wire.ask("GET", "/v1/batches/" + text_of(create, "id"));
  assert_string_equal(text_of(batch, "status").c_str(), "completed");
  const std::string output = wire.ask("GET", "/v1/files/" + text_of(batch, "output_file_id") + "/content");
  assert_int_equal(rows_of(body_of(output)).size(), 3000);
  const Ledger ledger = emulator->ledger();
  assert_int_equal(ledger.requests_billed, 3000);
  assert_int_equal(ledger.uploads, 1);
  assert_true(ledger.uploaded_bytes > 1'000'000);
}

void chunked_upload_after_100_continue_is_taken(void**) {
  const auto emulator = started();
  Wire wire(emulator->port());
  wire.send(
      "POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nExpect: 100-continue\r\n"
      "Transfer-Encoding: chunked\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n");
  assert_int_equal(wire.receive().find("HTTP/1.1 100 "), 0);
  const std::string form = Client::form("batch", "in.jsonl", "abc");
  for (char c : form) {
    wire.send("1\r\n");
    wire.send({&c, 1});
    wire.send("\r\n");
  }
  wire.send("0\r\n\r\n");
  const std::string file = wire.receive();
  assert_int_equal(file.find("HTTP/1.1 200 "), 0);
  const std::string content = wire.ask("GET", "/v1/files/" + text_of(file, "id") + "/content");
  assert_string_equal(body_of(content).c_str(), "abc");
}

void expect_refused_is_answered_before_the_body(void**) {
  const auto emulator = started();
  Wire wire(emulator->port());
  wire.send(
      "POST /v1/files HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n"
      "Content-Type: multipart/form-data; boundary=b\r\n\r\n");
  assert_int_equal(wire.receive().find("HTTP/1.1 401 "), 0);
}

void pipelined_requests_are_answered_in_order(void**) {
  const auto emulator = started();
  Wire wire(emulator->port());
  const std::string head = " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n\r\n";
  wire.send("GET /v1/batches" + head + "GET /v1/batches/none" + head + "GET /v1/files" + head);
  assert_int_equal(wire.receive().find("HTTP/1.1 200 "), 0);
  assert_int_equal(wire.receive().find("HTTP/1.1 404 "), 0);
  assert_int_equal(wire.receive().find("HTTP/1.1 200 "), 0);
}

void connection_cut_inside_an_upload_leaves_nothing(void**) {
  const auto emulator = started();
  {
    Wire wire(emulator->port());
    wire.send(
        "POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nContent-Length: 999\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n" +
        Client::form("batch", "in.jsonl", "abc"));
  }
  Wire wire(emulator->port());
  const std::string files = wire.ask("GET", "/v1/files");
  assert_true(body_of(files).find("\"data\":[]") != std::string::npos);
  assert_int_equal(emulator->ledger().uploads, 0);
}

void faults_reset_and_cut_the_connection(void**) {
  const auto emulator = started();
  Fault fault;
  std::string error;
  assert_true(Fault::parse("GET /v1/batches reset_after_execute", fault, error));
  assert_string_equal(emulator->add_fault(fault).c_str(), "");
  {
    Wire wire(emulator->port());
    assert_string_equal(wire.ask("GET", "/v1/batches").c_str(), "");
    assert_int_equal(wire.last_errno, ECONNRESET);
  }
  assert_true(Fault::parse("GET /v1/batches truncated bytes=5", fault, error));
  emulator->add_fault(fault);
  Wire wire(emulator->port());
  assert_string_equal(body_of(wire.ask("GET", "/v1/batches")).c_str(), "{\"obj");
  assert_int_equal(wire.last_errno, 0);
  assert_int_equal(emulator->ledger().faults, 2);
}

// The date of an answer, in milliseconds.
int64_t date_of(const std::string& response) {
  const size_t at = response.find("\r\ndate: ");
  assert_true(at != std::string::npos && at < response.find("\r\n\r\n"));
  std::tm parts{};
  const char* const end = ::strptime(response.c_str() + at + 8, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  assert_non_null(end);
  assert_memory_equal(end, "\r\n", 2);
  return static_cast<int64_t>(::timegm(&parts)) * 1000;
}

void answers_are_dated_by_the_emulators_own_clock(void**) {
  const auto emulator = started();
  Wire wire(emulator->port());
  const int64_t before_ms = date_of(wire.ask("GET", "/v1/batches"));
  emulator->advance_ms(5'000'000);
  assert_int_equal(date_of(wire.ask("GET", "/v1/batches/none")), before_ms + 5'000'000);
  const std::string now = wire.ask("POST", "/__emulator/advance?ms=0");
  assert_int_equal(std::stoll(text_of(now, "now_ms")) / 1000, date_of(now) / 1000);
}

void stop_closes_connections_and_keeps_the_ledger(void**) {
  const auto emulator = started();
  Wire wire(emulator->port());
  wire.ask("GET", "/v1/batches");
  emulator->stop();
  emulator->stop();
  assert_string_equal(wire.receive().c_str(), "");
  assert_int_equal(emulator->ledger().lists, 1);
}

void start_on_a_taken_port_says_so(void**) {
  const auto emulator = started();
  EmulatorOptions options = still();
  options.port = emulator->port();
  std::string error;
  assert_null(Emulator::start(options, error).get());
  assert_true(error.find("cannot listen on 127.0.0.1:") != std::string::npos);
  options.port = 0;
  options.spill_dir = "/no/such/directory";
  assert_null(Emulator::start(options, error).get());
  assert_true(error.find("/no/such/directory") != std::string::npos);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(whole_batch_over_one_connection_comes_back),
      cmocka_unit_test(chunked_upload_after_100_continue_is_taken),
      cmocka_unit_test(expect_refused_is_answered_before_the_body),
      cmocka_unit_test(pipelined_requests_are_answered_in_order),
      cmocka_unit_test(connection_cut_inside_an_upload_leaves_nothing),
      cmocka_unit_test(faults_reset_and_cut_the_connection),
      cmocka_unit_test(answers_are_dated_by_the_emulators_own_clock),
      cmocka_unit_test(stop_closes_connections_and_keeps_the_ledger),
      cmocka_unit_test(start_on_a_taken_port_says_so),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
