// HttpCalls: the operations of one part over HTTP. At most one call of each operation is under way.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "core/engine/driver.h"
#include "core/engine/http_operation.h"
#include "core/engine/search_turns.h"
#include "net/http.h"

namespace br {

class HttpCalls : public std::enable_shared_from_this<HttpCalls> {
 public:
  explicit HttpCalls(PartContext context) : c_(std::move(context)) {}

  void call(Op op, const Account& account);
  bool is_calling(Op op) const { return calls_.contains(op); }
  bool poll_again();
  void stop();

 private:
  bool waits_for_token(Op op) const;
  void begin(Op op, const Account& account);
  void send(Op op, HttpRequest request, const Account& account, const HttpOperation& operation);
  void send_shared(Op op, HttpRequest request, const Account& account, SharedAnswers::Use use);
  void answered(Op op, const HttpResponse& response, const Account& account, HttpOperation operation);
  void done(Op op, Outcome outcome);
  void failed(Op op, Error error, bool sent);
  void ask_again(Op answered);

  const PartContext c_;
  std::map<Op, std::uint64_t> calls_;  // 0: waits for an access token, or shares a call with others
  bool polls_again_ = false;           // when the answer under way is here, which may be older than the question
};

}  // namespace br
