// A vendor as small as can be, whose rows and settings are OpenAI's: for tests of what calls vendors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "providers/http_api.h"
#include "providers/registry.h"
#include "providers/shared/http_error.h"

namespace br::test {

// The body of an answer is the id of what it tells of.
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
  Result<std::optional<HttpRequest>> delete_request(const CallContext& context, std::string_view id) const override {
    if (!deletes) return std::optional<HttpRequest>();
    return std::optional<HttpRequest>(to(context.account, "DELETE", "/files/" + std::string(id)));
  }
  Result<void> read_delete(const CallContext&, const HttpResponse& response) const override {
    if (!response.ok()) return refused(response);
    return {};
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
    request->add_secret_header("signature", "signed");
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
  bool deletes = false;       // its files can be removed
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
    request.add_secret_header("authorization", account.token.empty() ? account.api_key : account.token);
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

}  // namespace br::test
