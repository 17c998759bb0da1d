#include "core/engine/http_probe.h"

#include <utility>

#include "core/engine/engine_core.h"
#include "core/engine/vendor_http.h"
#include "providers/shared/http_error.h"

namespace br {

bool HttpProbe::has_candidate() const {
  const Search& search = c_.core->part(c_.key)->track.search;
  return search.probing < search.candidates.size();
}

// A copy of the part that stands for the candidate.
RemoteBatch HttpProbe::candidate() const {
  const Search& search = c_.core->part(c_.key)->track.search;
  RemoteBatch candidate = c_.core->batch(c_.key);
  candidate.status = search.candidates[search.probing];
  return candidate;
}

void HttpProbe::stop() {
  c_.http->abort(&call_);
  prover_.reset();
}

void HttpProbe::probe(const Account& account) {
  if (call_ != 0) return;
  c_.http->with_token(*c_.provider, account, [weak = weak_from_this()](const Account& with, const Error* error) {
    const auto self = weak.lock();
    if (self == nullptr) return;
    if (error != nullptr) return self->c_.core->probe_failed(self->c_.key, *error);
    self->ask(with);
  });
}

// A list may lag behind, so the candidate itself is asked whether it has ended.
void HttpProbe::ask(const Account& account) {
  if (call_ != 0 || !has_candidate()) return;
  auto request = c_.provider->http()->poll_request({account, candidate(), c_.core->parts.clock->now_ms()});
  if (!request) return c_.core->probe_failed(c_.key, std::move(request.error()));
  auto sent = c_.http->send(*c_.provider, account, std::move(*request), nullptr,
                            [weak = weak_from_this(), account](const HttpResponse& response) {
                              if (const auto self = weak.lock()) self->answered(account, response);
                            });
  if (!sent) return c_.core->probe_failed(c_.key, std::move(sent.error()));
  call_ = *sent;
}

void HttpProbe::answered(const Account& account, const HttpResponse& response) {
  call_ = 0;
  if (!has_candidate()) return;
  const RemoteBatch asked = candidate();
  auto status = c_.provider->http()->read_poll({account, asked, c_.core->parts.clock->now_ms()}, response);
  if (!status) {
    c_.http->token_judged(account, &status.error());
    // It is gone: then it brings no rows that could be ours, and it stays in doubt.
    if (status.error().code == Code::not_found) return c_.core->probed(c_.key, asked.status, RowProof::none);
    return c_.core->probe_failed(c_.key, std::move(status.error()));
  }
  if (!c_.core->part(c_.key)->rules.match_by_shape || !is_terminal(status->state))
    return c_.core->probed(c_.key, std::move(*status), RowProof::none);
  read_rows(account, std::move(*status));
}

void HttpProbe::read_rows(const Account& account, RemoteStatus status) {
  RemoteBatch ended = c_.core->batch(c_.key);
  ended.status = status;
  std::vector<Download> downloads = c_.provider->http()->downloads(account, ended);
  if (downloads.empty() || downloads.front().page) return c_.core->probed(c_.key, std::move(status), RowProof::none);
  auto prover = RowProver::open(id_file_of(*c_.core->parts.spool, c_.core->batch(c_.key)),
                                c_.core->parts.random->next(), c_.provider->dialect().row_reader(),
                                !ended.id_tag.empty());
  if (!prover) return c_.core->probe_failed(c_.key, std::move(prover.error()));
  prover_ = std::move(*prover);
  HttpRequest request = std::move(downloads.front().request);
  request.bulk = true;
  auto sent = c_.http->send(
      *c_.provider, account, std::move(request),
      [rows = prover_](const HttpResponse&, std::string_view bytes) { return rows->read(bytes); },
      [weak = weak_from_this(), status](const HttpResponse& response) {
        if (const auto self = weak.lock()) self->rows_read(status, response);
      });
  if (!sent) return c_.core->probe_failed(c_.key, std::move(sent.error()));
  call_ = *sent;
}

void HttpProbe::rows_read(RemoteStatus status, const HttpResponse& response) {
  call_ = 0;
  const auto prover = std::exchange(prover_, nullptr);
  const bool stopped = response.failure == Failure::local;  // by the prover, which had seen enough
  const RowProof proof = response.ok() || stopped ? prover->verdict() : RowProof::none;
  if (!response.ok() && proof == RowProof::none && response.status != 404 && response.status != 410)
    return c_.core->probe_failed(
        c_.key, read_http_error(c_.core->batch(c_.key).provider, "reading the rows of a batch", response));
  c_.core->probed(c_.key, std::move(status), proof);
}

}  // namespace br
