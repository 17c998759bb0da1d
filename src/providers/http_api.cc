#include "providers/http_api.h"

namespace br {
namespace {

// A read_… function stands beside the function that makes its request: who overrides one overrides both.
Error never_asked(const Account& account) {
  return Error(Code::internal, "[" + account.provider + "] an answer to a call that this provider never makes");
}

}  // namespace

Result<std::optional<UploadCall>> HttpApi::upload_request(const CallContext&) const {
  return std::optional<UploadCall>();
}

Result<UploadStep> HttpApi::read_upload(const CallContext& context, const UploadState&, const HttpResponse&) const {
  return never_asked(context.account);
}

Result<std::optional<HttpRequest>> HttpApi::ready_request(const CallContext&) const {
  return std::optional<HttpRequest>();
}

Result<void> HttpApi::read_ready(const CallContext& context, const HttpResponse&) const {
  return never_asked(context.account);
}

bool HttpApi::wants_lines(const Account&, const RemoteBatch&) const { return false; }

Result<std::optional<HttpRequest>> HttpApi::find_upload_request(const CallContext&, const PageQuery&) const {
  return std::optional<HttpRequest>();
}

Result<FilePage> HttpApi::read_find_upload(const CallContext& context, const HttpResponse&) const {
  return never_asked(context.account);
}

Result<std::optional<HttpRequest>> HttpApi::delete_request(const CallContext&, std::string_view) const {
  return std::optional<HttpRequest>();
}

Result<void> HttpApi::read_delete(const CallContext& context, const HttpResponse&) const {
  return never_asked(context.account);
}

Result<Page> HttpApi::read_page(const Account& account, const RemoteBatch&, const HttpResponse&) const {
  return never_asked(account);
}

Result<std::optional<HttpRequest>> HttpApi::token_request(const Account&, std::int64_t) const {
  return std::optional<HttpRequest>();
}

Result<Token> HttpApi::read_token(const Account& account, std::int64_t, const HttpResponse&) const {
  return never_asked(account);
}

Result<void> HttpApi::sign(const Account&, std::int64_t, HttpRequest*) const { return {}; }

}  // namespace br
