// One part of a job and what the engine gives it, without the engine: a test is the vendor, and looks at the events.
#pragma once

#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/engine/engine_core.h"
#include "core/engine/vendor_http.h"
#include "providers/registry.h"
#include "providers/shared/http_error.h"
#include "support/cmocka.h"
#include "support/fake_clock.h"
#include "support/fake_files.h"
#include "support/fake_store.h"

namespace br::test {

using Headers = std::vector<std::pair<std::string, std::string>>;

inline HttpResponse answer_of(int status, std::string body = {}, Headers headers = {}) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  response.headers = std::move(headers);
  return response;
}

// Empty: it has no such header.
inline std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const Header& header : request.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

// Nothing is answered before the test does so.
class HeldTransport : public Transport {
 public:
  std::uint64_t start(HttpRequest request, BodySink sink, Done done) override {
    sent.push_back(std::move(request));
    open_.emplace(++last_, Exchange{std::move(sink), std::move(done)});
    return last_;
  }
  void abort(std::uint64_t exchange) override { open_.erase(exchange); }
  std::size_t active() const override { return open_.size(); }
  const TransportStats& stats() const override { return stats_; }
  void wait(std::int64_t) override {}
  void wake() override {}

  // Bytes of the oldest exchange arrive; false: it ends with that.
  bool bring(const HttpResponse& head, std::string_view bytes) {
    if (open_.empty()) fail_msg("nothing is asked");
    const BodySink sink = open_.begin()->second.sink;
    return sink(head, bytes);
  }
  // The end of the oldest exchange.
  void answer(HttpResponse response) {
    if (open_.empty()) fail_msg("nothing is asked");
    const Done done = std::move(open_.begin()->second.done);
    open_.erase(open_.begin());
    done(std::move(response));
  }

  std::vector<HttpRequest> sent;

 private:
  struct Exchange {
    BodySink sink;
    Done done;
  };
  std::map<std::uint64_t, Exchange> open_;
  std::uint64_t last_ = 0;
  TransportStats stats_;
};

// A vendor's API as small as can be: the body of an answer is the id of what it tells of.
class SmallApi : public HttpApi {
 public:
  Result<std::optional<UploadCall>> upload_request(const CallContext& context) const override {
    UploadCall call;
    call.request = to(context.account, "POST", "/files");
    return std::optional<UploadCall>(std::move(call));
  }
  Result<UploadStep> read_upload(const CallContext&, const UploadState&, const HttpResponse& response) const override {
    if (!response.ok()) return refused(response);
    return UploadStep(UploadedFile{response.body});
  }
  Result<HttpRequest> create_request(const CallContext& context, std::string_view lines) const override {
    HttpRequest request = to(context.account, "POST", "/batches");
    request.body = lines;
    return request;
  }
  bool wants_lines(const Account&, const RemoteBatch&) const override { return takes_lines; }
  Result<RemoteStatus> read_create(const CallContext&, const HttpResponse& response) const override {
    return status_in(response);
  }
  Result<HttpRequest> poll_request(const CallContext& context) const override {
    return to(context.account, "GET", "/batches/" + context.batch.status.id);
  }
  Result<RemoteStatus> read_poll(const CallContext&, const HttpResponse& response) const override {
    return status_in(response);
  }
  Result<HttpRequest> cancel_request(const CallContext& context) const override {
    return to(context.account, "POST", "/cancel");
  }
  Result<Cancelled> read_cancel(const CallContext&, const HttpResponse& response) const override {
    if (!response.ok()) return refused(response);
    return Cancelled();
  }
  Result<HttpRequest> list_request(const CallContext& context, const PageQuery& query) const override {
    return to(context.account, "GET", "/batches?after=" + std::string(query.cursor));
  }
  Result<BatchPage> read_list(const CallContext&, const PageQuery&, const HttpResponse& response) const override {
    if (!response.ok()) return refused(response);
    BatchPage page;
    page.batches.emplace_back().id = response.body;
    return page;
  }
  std::vector<Download> downloads(const Account&, const RemoteBatch&) const override { return files; }
  // The body, and behind a line "next" that there is another page.
  Result<Page> read_page(const Account&, const RemoteBatch&, const HttpResponse& response) const override {
    if (!response.ok()) return refused(response);
    Page page;
    page.lines = response.body;
    if (!page.lines.ends_with("next")) return page;
    page.lines.resize(page.lines.size() - 4);
    page.next.push_back(file("/page", true));
    return page;
  }
  Result<std::optional<HttpRequest>> token_request(const Account& account, std::int64_t) const override {
    if (token_ms <= 0) return std::optional<HttpRequest>();
    return std::optional<HttpRequest>(to(account, "POST", "/token"));
  }
  Result<Token> read_token(const Account&, std::int64_t now_ms, const HttpResponse& response) const override {
    if (!response.ok()) return refused(response);
    return Token{response.body, now_ms + token_ms};
  }
  Result<void> sign(const Account&, std::int64_t, HttpRequest* request) const override {
    request->headers.push_back({"signature", "signed", true});
    return {};
  }
  static Download file(const std::string& path, bool page = false) {
    Download made;
    made.request.url = "https://vendor.example/v1" + path;
    made.page = page;
    return made;
  }

  std::vector<Download> files;
  bool takes_lines = false;   // a create call carries the requests
  std::int64_t token_ms = 0;  // how long an access token lasts; 0: the vendor has none

 private:
  static Error refused(const HttpResponse& response) { return read_http_error("openai", "calling", response); }
  static Result<RemoteStatus> status_in(const HttpResponse& response) {
    if (!response.ok()) return refused(response);
    RemoteStatus status;
    status.id = response.body;
    return status;
  }
  static HttpRequest to(const Account& account, const char* method, const std::string& path) {
    HttpRequest request;
    request.method = method;
    request.url = account.base_url + path;
    request.headers.push_back({"authorization", account.token.empty() ? account.api_key : account.token, true});
    return request;
  }
};

// OpenAI's rows and settings.
class SmallDialect : public Dialect {
 public:
  std::string_view name() const override { return openai_.name(); }
  const Capability& capability() const override { return openai_.capability(); }
  std::span<const Property> properties() const override { return openai_.properties(); }
  bool encode(const Request&, const EncodeOptions&, std::string*, Issue*, std::vector<std::string>*) const override {
    return false;
  }
  std::unique_ptr<RowReader> row_reader() const override { return openai_.dialect().row_reader(); }

 private:
  const Provider& openai_ = *find_provider("openai");
};

struct SilentListener : EngineListener {
  void job_changed(SnapshotRef) override {}
  void job_event(std::int32_t, const Job&, const RemoteBatch*, const std::string&) override {}
  void results_grew(const std::string&) override {}
  void external_work(ExternalWork) override {}
  void vendor_called(const std::string& line) override { traces.push_back(line); }
  void store_failed(const Error& error) override { fail_msg("%s", error.message.c_str()); }
  std::vector<std::string> traces;
};

// A result row of OpenAI.
inline std::string row_of(const std::string& id, const std::string& text = "yes") {
  return R"({"id":"r","custom_id":")" + id +
         R"(","response":{"status_code":200,"body":{"id":"c","model":"m","choices":[)" +
         R"({"message":{"role":"assistant","content":")" + text +
         R"("},"finish_reason":"stop"}]}},"error":null})"
         "\n";
}

// The parts of job_a: each of an account with a key, at a vendor with a SmallApi. They take every id.
struct PartRoom {
  explicit PartRoom(int parts = 1) {
    set("openai.api_key", "the key");
    set("openai.base_url", "https://vendor.example/v1");
    auto run = std::make_unique<Run>();
    run->config = config;
    run->job.id = "job_a";
    run->job.attached = true;
    run->parts.resize(static_cast<std::size_t>(parts));
    if (!files.make_directories(spool.job_directory("job_a"))) fail_msg("job_a");
    for (int i = 0; i < parts; ++i) {
      RemoteBatch batch;
      batch.job_id = "job_a";
      batch.provider = "openai";
      batch.base_url = "https://vendor.example/v1";
      batch.part = i;
      batch.rows = 1;
      batch.status.id = "batch_1";
      batch.request_path = spool.requests("job_a", i);
      batch.bytes = 9;
      write(batch.request_path, "requests\n");
      run->job.batches.push_back(batch);
      RunPart& part = run->parts[static_cast<std::size_t>(i)];
      part.address_is_given = true;
      part.provider = &provider;
      feeds.push_back(std::make_shared<ResultFeed>(&files, spool.results(batch)));
      part.fetch = std::make_shared<PartFetch>(context(i), feeds.back());
    }
    core.runs["job_a"] = std::move(run);
  }
  ~PartRoom() { executor.stop(); }
  PartRoom(const PartRoom&) = delete;
  PartRoom& operator=(const PartRoom&) = delete;

  PartContext context(int index = 0) { return {&core, &http, {"job_a", static_cast<std::size_t>(index)}, &provider}; }
  RunPart& part(int index = 0) { return *core.part({"job_a", static_cast<std::size_t>(index)}); }
  RemoteBatch& batch(int index = 0) { return core.batch({"job_a", static_cast<std::size_t>(index)}); }
  Account account() {
    auto found = core.account_of({"job_a", 0});
    if (!found) fail_msg("%s", found.error().message.c_str());
    return *found;
  }
  void set(const std::string& key, const std::string& value) {
    if (auto done = config.set(key, value); !done) fail_msg("%s", done.error().message.c_str());
  }
  void write(const std::string& path, const std::string& text) {
    auto file = files.create(path);
    if (!file || !file->append(text)) fail_msg("%s", path.c_str());
  }
  // The executor has nothing left to do, and the loop did what was posted.
  void settle() {
    for (;;) {
      std::promise<void> idle;
      executor.post([&idle] { idle.set_value(); });
      idle.get_future().wait();
      const auto posted = core.drain_posted();
      if (posted.empty()) return;
      for (const auto& work : posted) work();
    }
  }
  // The events since the last call, when all is quiet.
  std::vector<Event> events() {
    settle();
    std::vector<Event> all;
    while (auto next = core.next_event()) all.push_back(std::move(next->second));
    return all;
  }
  // The only event since the last call.
  Event event() {
    std::vector<Event> all = events();
    if (all.size() != 1) fail_msg("%zu events, not one", all.size());
    return std::move(all.front());
  }
  bool is_quiet() { return events().empty(); }
  std::string results(int index = 0) { return files.text(spool.results(batch(index))); }
  std::string output(int index = 0) { return files.text(spool.output("job_a", index)); }

  FakeDisk disk;
  FakeFiles files{&disk};
  FakeDatabase database;
  std::unique_ptr<Store> store = open_fake_store(&database);
  FakeClock clock;
  HeldTransport transport;
  SeededRandom random{1};
  SilentListener listener;
  const Spool spool{&files, "/state"};
  Config config;
  SmallApi* const api = new SmallApi;  // the provider's
  const Provider provider{std::make_unique<SmallDialect>(), std::unique_ptr<const HttpApi>(api)};
  std::vector<std::shared_ptr<ResultFeed>> feeds;
  Executor executor{[](const char* what) { fail_msg("%s", what); }};
  EngineCore core{{store.get(), &transport, &clock, &random, &executor, &listener, &spool, &config}};
  VendorHttp http{&core.parts};
};

}  // namespace br::test
