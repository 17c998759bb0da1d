#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/base/json.h"
#include "emulator/vendor/dispatcher.h"

// Drives the emulated vendors without a socket: a request goes in, the whole answer comes out.
namespace drive {

using namespace br::emulator;

// Time stands still until it is moved.
inline EmulatorOptions still() {
  EmulatorOptions options;
  options.speed = 0;
  options.latency_ms = 1000;
  return options;
}

struct Answer {
  int status = 0;
  std::string body;
  Delivery delivery = Delivery::kWhole;
  int64_t amount = 0;
  int64_t delay_ms = 0;
  std::vector<std::pair<std::string, std::string>> headers = {};

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (equal_ignoring_case(key, name)) return value;
    }
    return {};
  }
  json::Document json() const {
    json::Document document;
    json::parse(body, document);
    return document;
  }
  // The text member of the answer object; empty if there is none.
  std::string text(std::string_view name) const {
    const json::Document document = json();
    return std::string(json::string_member(document, name));
  }
  std::string error(std::string_view name) const {
    const json::Document document = json();
    const json::Value* const error = json::member(document, "error");
    return error == nullptr ? "" : std::string(json::string_member(*error, name));
  }
};

class Client {
 public:
  explicit Client(const EmulatorOptions& options = still()) : dispatcher_(options) {}

  using Headers = std::vector<std::pair<std::string, std::string>>;

  Answer call(std::string_view method, std::string_view target, std::string_view body = {},
              std::string_view content_type = "application/json", const Headers& more = {}) {
    RequestHead head;
    head.headers = more;
    head.headers.insert(head.headers.end(), headers.begin(), headers.end());
    head.method = std::string(method);
    parse_target(target, head);
    if (!key.empty()) head.headers.emplace_back("Authorization", "Bearer " + key);
    head.headers.emplace_back("Content-Type", std::string(content_type));
    Opening opening = dispatcher_.begin(head);
    if (opening.exchange) {
      opening.exchange->body(body);
      opening.reply = opening.exchange->finish();
    }
    Answer answer{opening.reply.status, opening.reply.body,     opening.reply.delivery,
                  opening.reply.amount, opening.reply.delay_ms, opening.reply.headers};
    if (opening.reply.blob) {
      answer.body.resize(static_cast<size_t>(opening.reply.body_bytes()));
      opening.reply.blob->read(opening.reply.blob_from, answer.body.data(), answer.body.size());
    }
    return answer;
  }

  static std::string form(std::string_view purpose, std::string_view filename, std::string_view bytes,
                          std::string_view more_parts = {}) {
    return std::string(more_parts) + "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n" +
           std::string(purpose) + "\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" +
           std::string(filename) + "\"\r\n\r\n" + std::string(bytes) + "\r\n--b--\r\n";
  }

  Answer upload(std::string_view body) { return call("POST", "/v1/files", body, "multipart/form-data; boundary=b"); }

  std::string upload_lines(std::string_view lines) { return upload(form("batch", "in.jsonl", lines)).text("id"); }

  Answer create(std::string_view file_id, std::string_view more = {}) {
    return call("POST", "/v1/batches",
                R"({"input_file_id":")" + std::string(file_id) +
                    R"(","endpoint":"/v1/chat/completions","completion_window":"24h")" + std::string(more) + "}");
  }

  std::string batch_of(std::string_view lines) { return create(upload_lines(lines)).text("id"); }
  Answer get(std::string_view batch_id) { return call("GET", "/v1/batches/" + std::string(batch_id)); }
  std::string content(const std::string& file_id) { return call("GET", "/v1/files/" + file_id + "/content").body; }

  void advance(int64_t ms) { call("POST", "/__emulator/advance?ms=" + std::to_string(ms)); }
  Answer fault(std::string_view line) { return call("POST", "/__emulator/faults", line); }
  // What the server's loop does between requests.
  void work_to_the_end() {
    while (dispatcher_.work() == 0) {
    }
  }
  Ledger ledger() const { return dispatcher_.ledger(); }

  std::string key = "sk-test";
  Headers headers;  // of every request, besides the key

 private:
  Dispatcher dispatcher_;
};

inline std::string line(std::string_view id, std::string_view more_body = {}) {
  return R"({"custom_id":")" + std::string(id) +
         R"(","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"ask )" +
         std::string(id) + R"("}])" + std::string(more_body) + "}}\n";
}

inline std::string lines(int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += line("r" + std::to_string(i));
  return all;
}

inline std::vector<std::string> rows_of(std::string_view text) {
  std::vector<std::string> rows;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    rows.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return rows;
}

// Whether some row holds that text.
inline bool holds(const std::vector<std::string>& rows, std::string_view text) {
  return std::any_of(rows.begin(), rows.end(),
                     [&](const std::string& row) { return row.find(text) != std::string::npos; });
}

inline std::string id_of(std::string_view row) {
  json::Document document;
  if (!json::parse(row, document)) return {};
  return std::string(json::string_member(document, "custom_id"));
}

}  // namespace drive
