// VendorHttp: sends requests to vendors: access tokens, signatures, the guard over where keys go, a trace. Loop's thread
// only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/engine/engine_parts.h"
#include "core/engine/search_turns.h"
#include "model/error.h"
#include "net/http.h"
#include "providers/provider.h"

namespace br {

class VendorHttp {
 public:
  explicit VendorHttp(const EngineParts* parts) : p_(parts) {}
  VendorHttp(const VendorHttp&) = delete;
  VendorHttp& operator=(const VendorHttp&) = delete;

  // Gives the account the access token that its calls carry, where the provider has such; asked for where there is none
  // in force. then: at once or later; error: there is no token.
  using TokenFn = std::function<void(Account account, const Error* error)>;
  void with_token(const Provider& provider, Account account, TokenFn then);
  // What an answer says about the token that the call carried. A token that worked before and is refused now was revoked
  // or has expired early: the call is made again with a new one.
  void token_judged(const Account& account, Error* error);

  // The number of the exchange, for Transport::abort. Errors: nothing was sent.
  Result<std::uint64_t> send(const Provider& provider, const Account& account, HttpRequest request, BodySink sink,
                             Transport::Done done);
  void abort(std::uint64_t* call);  // 0: none; it is 0 afterwards

  // Answers that several searches of one account share.
  SharedAnswers& shared() { return shared_; }
  // Requests of no part, which only the end of the router waits for.
  void send_aside(const Provider& provider, const Account& account, HttpRequest request, Transport::Done done);
  int aside_under_way() const { return aside_; }

 private:
  // An access token, or those who wait for one.
  struct TokenSlot {
    Token token;
    bool is_asked = false, is_proven = false;
    std::vector<std::function<void(const Error*)>> waiting;
  };
  void token_answered(const Provider& provider, const Account& account, const HttpResponse& response);
  void trace(const HttpRequest& request, BodySink* sink, Transport::Done* done);

  const EngineParts* const p_;
  std::map<std::string, TokenSlot> tokens_;
  SharedAnswers shared_;
  int aside_ = 0;
};

}  // namespace br
