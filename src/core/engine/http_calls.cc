#include "core/engine/http_calls.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/engine/engine_core.h"
#include "core/engine/vendor_http.h"
#include "providers/shared/refusal.h"
#include "sys/clock.h"

namespace br {
namespace {

constexpr std::size_t kMaxInlineBytes = std::size_t{64} << 20;

// The request file goes out as it was written, or not at all.
Result<void> check_requests(FileSystem* files, const RemoteBatch& batch, Op op) {
  if (op != Op::upload && (op != Op::create || !batch.input_file_id.empty())) return {};
  const std::int64_t size = files->file_size(batch.request_path);
  if (size == batch.bytes) return {};
  Error error(Code::store,
              batch.request_path + " is damaged: it has " + std::to_string(std::max<std::int64_t>(0, size)) + " bytes of " +
                  std::to_string(batch.bytes),
              "put the file back from a copy and resume; nothing was sent");
  error.blocking = true;
  return error;
}

// Everything that may decide what the vendor shows. Holds keys: it stays in memory.
std::string whose(const Account& account) {
  std::string text;
  for (const std::string* part : {&account.provider, &account.slot, &account.base_url, &account.api_key,
                                  &account.organization, &account.project})
    text.append(*part).push_back('\n');
  for (const auto& [name, value] : account.settings) text.append(name).append("=").append(value).push_back('\n');
  return text;
}

}  // namespace

void HttpCalls::call(Op op, const Account& account) {
  calls_[op] = 0;
  c_.http->with_token(*c_.provider, account, [weak = weak_from_this(), op](const Account& with, const Error* error) {
    const auto self = weak.lock();
    if (self == nullptr || !self->waits_for_token(op)) return;  // it was stopped meanwhile
    if (error != nullptr) return self->failed(op, *error, false);
    self->begin(op, with);
  });
}

// A call that was stopped and begun again waits twice for one token: it is sent once.
bool HttpCalls::waits_for_token(Op op) const {
  const auto found = calls_.find(op);
  return found != calls_.end() && found->second == 0;
}

bool HttpCalls::poll_again() {
  polls_again_ = is_calling(Op::poll);
  return polls_again_;
}

void HttpCalls::stop() {
  for (auto& [op, id] : calls_) c_.http->abort(&id);
  calls_.clear();
}

void HttpCalls::begin(Op op, const Account& account) {
  const RemoteBatch& batch = c_.core->batch(c_.key);
  FileSystem* files = c_.core->parts.spool->files();
  if (auto whole = check_requests(files, batch, op); !whole) return failed(op, std::move(whole.error()), false);
  OperationInput input;
  input.cursor = c_.core->part(c_.key)->track.search.page;
  if (op == Op::create && c_.provider->http()->wants_lines(account, batch)) {
    auto read = files->read_own_file(batch.request_path, kMaxInlineBytes);
    if (!read) return failed(op, std::move(read.error()), false);
    input.lines = std::move(*read);
  }
  HttpOperation operation(*c_.provider->http(), op, std::move(input));
  auto request = operation.begin({account, batch, c_.core->parts.clock->now_ms()});
  if (!request) return failed(op, std::move(request.error()), false);
  if (!*request) return done(op, std::move(operation.outcome()));
  send(op, std::move(**request), account, operation);
}

void HttpCalls::send(Op op, HttpRequest request, const Account& account, const HttpOperation& operation) {
  // Time has passed since it was started: for a token, or for what was to be sent before.
  if ((op == Op::create || op == Op::upload) && !c_.core->check_directory()) return;
  const auto use = [weak = weak_from_this(), op, account, operation](const HttpResponse& response) {
    if (const auto self = weak.lock()) self->answered(op, response, account, operation);
  };
  if (c_.core->part(c_.key)->track.search.before_create && (op == Op::list || op == Op::find_upload))
    return send_shared(op, std::move(request), account, use);
  auto sent = c_.http->send(*c_.provider, account, std::move(request), nullptr, use);
  if (!sent) return failed(op, std::move(sent.error()), false);
  calls_[op] = *sent;
}

// The call belongs to nobody alone: who stops waits for it no more, and it goes on for the others. A search that did not
// get through makes its own calls.
void HttpCalls::send_shared(Op op, HttpRequest request, const Account& account, SharedAnswers::Use use) {
  const std::string call = whose(account) + request.method + " " + request.url + "\n" + request.body;
  const auto use_if_wanted = [weak = weak_from_this(), op, use = std::move(use)](const HttpResponse& response) {
    const auto self = weak.lock();
    if (self != nullptr && self->is_calling(op)) use(response);
  };
  calls_[op] = 0;
  VendorHttp* http = c_.http;
  const Clock* clock = c_.core->parts.clock;
  const bool may_share = c_.core->part(c_.key)->track.failures == 0;
  if (const HttpResponse* known = may_share ? http->shared().find(call, clock->now_ms()) : nullptr)
    return c_.core->post([use_if_wanted, response = *known] { use_if_wanted(response); });
  if (!http->shared().ask(call, use_if_wanted)) return;
  auto sent = http->send(*c_.provider, account, std::move(request), nullptr,
                         [http, clock, call, use_if_wanted](const HttpResponse& response) {
                           const auto waiting = http->shared().answered(call, response, clock->now_ms());
                           use_if_wanted(response);
                           for (const SharedAnswers::Use& other : waiting) other(response);
                         });
  if (sent) return;
  (void)http->shared().answered(call, HttpResponse(), clock->now_ms());
  failed(op, std::move(sent.error()), false);
}

void HttpCalls::answered(Op op, const HttpResponse& response, const Account& account, HttpOperation operation) {
  calls_.erase(op);
  auto next = operation.read({account, c_.core->batch(c_.key), c_.core->parts.clock->now_ms()}, response);
  if (!next) {
    judge_refusal(op, account.base_url, response, &next.error());
    c_.http->token_judged(account, &next.error());
    return failed(op, std::move(next.error()), true);
  }
  if (*next) return send(op, std::move(**next), account, operation);
  Outcome outcome = std::move(operation.outcome());
  if (outcome.status) judge_failed_batch(&*outcome.status);
  outcome.vendor_now_ms = parse_http_date(std::string(response.header("date")));
  done(op, std::move(outcome));
}

void HttpCalls::done(Op op, Outcome outcome) {
  calls_.erase(op);
  c_.core->call_done(c_.key, op, std::move(outcome));
  ask_again(op);
}

void HttpCalls::failed(Op op, Error error, bool sent) {
  calls_.erase(op);
  c_.core->call_failed(c_.key, op, std::move(error), sent);
  ask_again(op);
}

void HttpCalls::ask_again(Op answered) {
  if (answered == Op::poll && std::exchange(polls_again_, false)) c_.core->push(c_.key, {.kind = EventKind::refresh});
}

}  // namespace br
