#include "core/engine/vendor_http.h"

#include <memory>
#include <utility>

#include "net/url.h"

namespace br {
namespace {

constexpr std::int64_t kTokenMarginMs = 300'000;  // a token is renewed so long before it expires

// Which account it is, for as long as this process runs.
std::string account_key(const Account& account) {
  return account.provider + "\n" + account.slot + "\n" + account.base_url;
}

}  // namespace

void VendorHttp::with_token(const Provider& provider, Account account, TokenFn then) {
  const std::int64_t now = p_->clock->now_ms();
  TokenSlot& slot = tokens_[account_key(account)];
  if (!slot.token.value.empty() && now < slot.token.expires_ms - kTokenMarginMs) {
    account.token = slot.token.value;
    return then(std::move(account), nullptr);
  }
  if (provider.http() == nullptr) return then(std::move(account), nullptr);
  auto request = provider.http()->token_request(account, now);
  if (!request) return then(std::move(account), &request.error());
  if (!*request) return then(std::move(account), nullptr);
  slot.waiting.push_back([this, account, then = std::move(then)](const Error* error) mutable {
    account.token = tokens_[account_key(account)].token.value;
    then(std::move(account), error);
  });
  if (std::exchange(slot.is_asked, true)) return;
  auto sent = send(provider, account, std::move(**request), nullptr, [this, &provider, account](HttpResponse response) {
    token_answered(provider, account, response);
  });
  if (sent) return;
  slot.is_asked = false;
  for (const auto& waiting : std::exchange(slot.waiting, {})) waiting(&sent.error());
}

void VendorHttp::token_answered(const Provider& provider, const Account& account, const HttpResponse& response) {
  TokenSlot& slot = tokens_[account_key(account)];
  auto token = provider.http()->read_token(account, p_->clock->now_ms(), response);
  slot.is_asked = slot.is_proven = false;
  if (token) slot.token = std::move(*token);
  for (const auto& waiting : std::exchange(slot.waiting, {})) waiting(token ? nullptr : &token.error());
}

void VendorHttp::token_judged(const Account& account, Error* error) {
  if (account.token.empty()) return;
  TokenSlot& slot = tokens_[account_key(account)];
  if (error->code != Code::auth || error->http_status != 401) {
    slot.is_proven = true;
    return;
  }
  if (slot.is_proven) error->transient = true, error->code = Code::network;
  slot.token = Token{};
  slot.is_proven = false;
}

Result<std::uint64_t> VendorHttp::send(const Provider& provider, const Account& account, HttpRequest request, BodySink sink,
                                   Transport::Done done) {
  for (std::string& secret : secrets_of(provider, account)) request.secrets.push_back(std::move(secret));
  auto own = guard_destination(account.own_urls(), &request);
  BR_RETURN_IF_ERROR(own);
  if (*own) {
    BR_RETURN_IF_ERROR(provider.http()->sign(account, p_->clock->now_ms(), &request));
  }
  request.lane = account_key(account);
  if (p_->traces) trace(request, &sink, &done);
  return p_->transport->start(std::move(request), std::move(sink), std::move(done));
}

// What an author of a provider needs first. A query may hold a key or a signature: it is left out.
void VendorHttp::trace(const HttpRequest& request, BodySink* sink, Transport::Done* done) {
  const auto bytes = std::make_shared<std::uint64_t>(0);
  if (*sink) {
    *sink = [bytes, sink = std::move(*sink)](const HttpResponse& head, std::string_view piece) {
      *bytes += piece.size();
      return sink(head, piece);
    };
  }
  const std::string call = request.method + " " + request.url.substr(0, request.url.find('?'));
  *done = [this, call, bytes, began = p_->clock->now_ms(), done = std::move(*done)](HttpResponse response) {
    const std::string outcome =
        response.failure == Failure::none ? std::to_string(response.status) : "failed, " + response.failure_text;
    p_->listener->vendor_called(call + ": " + outcome + ", " + std::to_string(*bytes + response.body.size()) + " bytes, " +
                               std::to_string(p_->clock->now_ms() - began) + " ms");
    done(std::move(response));
  };
}

void VendorHttp::abort(std::uint64_t* call) {
  if (*call != 0) p_->transport->abort(*call);
  *call = 0;
}

void VendorHttp::send_aside(const Provider& provider, const Account& account, HttpRequest request, Transport::Done done) {
  const auto ended = [this, done = std::move(done)](HttpResponse response) {
    --aside_;
    done(std::move(response));
  };
  if (send(provider, account, std::move(request), nullptr, ended)) ++aside_;
}

}  // namespace br
