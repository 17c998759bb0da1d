// The engine's part in finding out which batch of the vendor is ours: owners, candidates and their rows.
#include <algorithm>
#include <utility>

#include "core/engine/engine.h"
#include "core/protocol/reconcile.h"
#include "providers/registry.h"
#include "providers/shared/http_error.h"

namespace br {

// Two jobs of one directory never have one batch: who has it already is told with the list.
void Engine::find_owners(const std::string& job_id, std::size_t index, Outcome* outcome) {
  const Run* run = find(job_id);
  outcome->owners.assign(outcome->listed.size(), "");
  for (std::size_t i = 0; run != nullptr && i < outcome->listed.size(); ++i) {
    const RemoteBatch& batch = run->job.batches[index];
    const Part& part = run->parts[index];
    // Nobody asks whose the others are, and a list may have thousands.
    if (!part.rules.match_by_shape && !is_ours(batch, outcome->listed[i], part.track.search.uploads)) continue;
    const auto owner = p_.store->owner_of(batch.provider, batch.base_url, outcome->listed[i].id);
    if (owner && *owner != job_id) outcome->owners[i] = *owner;
  }
}

// A copy of the part that stands for the candidate.
static RemoteBatch candidate_of(const RemoteBatch& batch, const Search& search) {
  RemoteBatch candidate = batch;
  candidate.status = search.candidates[search.probing];
  return candidate;
}

void Engine::start_probe(Run* run, std::size_t index) {
  Part& part = run->parts[index];
  if (part.probe_call != 0) return;
  if (part.provider->http() == nullptr)  // their lists say all that there is to say
    return probed(run->job.id, index, part.track.search.candidates[part.track.search.probing], RowProof::none);
  auto account = account_of(*run, index);
  if (!account) return probe_failed(run->job.id, index, account.error());
  with_token(*part.provider, std::move(*account),
             [this, job_id = run->job.id, index](const Account& with, const Error* error) {
               if (error != nullptr) return probe_failed(job_id, index, *error);
               if (find(job_id) != nullptr) ask_candidate(job_id, index, with);
             });
}

// A list may lag behind, so the candidate itself is asked whether it has ended.
void Engine::ask_candidate(const std::string& job_id, std::size_t index, const Account& account) {
  Run* run = find(job_id);
  Part& part = run->parts[index];
  if (part.track.search.probing >= part.track.search.candidates.size()) return;
  const RemoteBatch candidate = candidate_of(run->job.batches[index], part.track.search);
  auto request = part.provider->http()->poll_request({account, candidate, p_.clock->now_ms()});
  if (!request) return probe_failed(job_id, index, request.error());
  auto sent = send(*part.provider, account, std::move(*request), nullptr,
                   [this, job_id, index, account](const HttpResponse& response) {
                     candidate_answered(job_id, index, account, response);
                   });
  if (!sent) return probe_failed(job_id, index, sent.error());
  part.probe_call = *sent;
}

void Engine::candidate_answered(const std::string& job_id, std::size_t index, const Account& account,
                                const HttpResponse& response) {
  Run* run = find(job_id);
  if (run == nullptr) return;
  Part& part = run->parts[index];
  part.probe_call = 0;
  if (part.track.search.probing >= part.track.search.candidates.size()) return;
  const RemoteBatch candidate = candidate_of(run->job.batches[index], part.track.search);
  auto status = part.provider->http()->read_poll({account, candidate, p_.clock->now_ms()}, response);
  if (!status) {
    token_refused(account, &status.error());
    // It is gone: then it brings no rows that could be ours, and it stays in doubt.
    if (status.error().code == Code::not_found) return probed(job_id, index, candidate.status, RowProof::none);
    return probe_failed(job_id, index, status.error());
  }
  if (!part.rules.match_by_shape || !is_terminal(status->state))
    return probed(job_id, index, std::move(*status), RowProof::none);
  read_candidate(job_id, index, account, std::move(*status));
}

void Engine::read_candidate(const std::string& job_id, std::size_t index, const Account& account, RemoteStatus status) {
  Run* run = find(job_id);
  Part& part = run->parts[index];
  RemoteBatch candidate = run->job.batches[index];
  candidate.status = status;
  std::vector<Download> downloads = part.provider->http()->downloads(account, candidate);
  if (downloads.empty() || downloads.front().page)
    return probed(job_id, index, std::move(status), RowProof::none);
  auto prover = RowProver::open(id_file_of(*p_.spool, run->job.batches[index]), p_.random->next(),
                                part.provider->dialect().row_reader(), !candidate.id_tag.empty());
  if (!prover) return probe_failed(job_id, index, prover.error());
  part.prover = std::move(*prover);
  HttpRequest request = std::move(downloads.front().request);
  request.bulk = true;
  auto sent = send(
      *part.provider, account, std::move(request),
      [rows = part.prover](const HttpResponse&, std::string_view bytes) { return rows->take(bytes); },
      [this, job_id, index, status](const HttpResponse& response) { candidate_read(job_id, index, status, response); });
  if (!sent) return probe_failed(job_id, index, sent.error());
  part.probe_call = *sent;
}

void Engine::candidate_read(const std::string& job_id, std::size_t index, RemoteStatus status,
                            const HttpResponse& response) {
  Run* run = find(job_id);
  if (run == nullptr) return;
  Part& part = run->parts[index];
  part.probe_call = 0;
  const auto prover = std::exchange(part.prover, nullptr);
  const bool stopped = response.failure == Failure::local;  // by the prover, which had seen enough
  const RowProof proof = response.ok() || stopped ? prover->verdict() : RowProof::none;
  if (!response.ok() && proof == RowProof::none && response.status != 404 && response.status != 410)
    return probe_failed(job_id, index,
                        read_http_error(run->job.batches[index].provider, "reading the rows of a batch", response));
  probed(job_id, index, std::move(status), proof);
}

void Engine::probed(const std::string& job_id, std::size_t index, RemoteStatus status, RowProof proof) {
  Event event = {EventKind::probed, Op::poll, {}, {}, {}};
  event.proof = proof;
  event.outcome.listed.push_back(status);
  find_owners(job_id, index, &event.outcome);
  event.outcome.status = std::move(status);
  push(job_id, index, std::move(event));
}

void Engine::probe_failed(const std::string& job_id, std::size_t index, Error error) {
  push(job_id, index, {EventKind::probe_failed, Op::poll, {}, std::move(error), {}});
}

// Likewise the program of a local run, which would be started as this user.
Result<void> Engine::check_program(const Run& run, std::size_t index) const {
  const RemoteBatch& batch = run.job.batches[index];
  if (run.parts[index].address_is_given || run.parts[index].provider->local_program() == nullptr) return {};
  for (const Property& property : run.parts[index].provider->properties()) {
    const std::string name = batch.provider + "." + property.name;
    if (!property.program || run.config.get(name) == p_.config->get(name)) continue;
    Error error(Code::auth,
                "[" + batch.provider + "] the job " + batch.job_id + " remembers the program \"" + run.config.get(name) +
                    "\", and it is not known to be yours: it is not started",
                "if it is, say so with --set " + name + "='" + run.config.get(name) + "'");
    error.provider = batch.provider;
    return error;
  }
  return {};
}

// The state directory remembers addresses, and it may come from anywhere: with a repository, from a colleague. A key
// goes there only where it is known to be the job's, or where the address is this user's own word or the vendor's.
Result<void> Engine::check_address(const Run& run, std::size_t index, const Account& account) const {
  const RemoteBatch& batch = run.job.batches[index];
  const Provider& provider = *run.parts[index].provider;
  if (run.parts[index].address_is_given || account.api_key.empty()) return {};
  const std::string key = account_proof(provider, account, batch.key_salt).key;
  if (std::find(batch.keys.begin(), batch.keys.end(), key) != batch.keys.end()) return {};
  const auto own = resolve_account(*p_.config, provider, {}, batch.account);
  std::vector<std::string> trusted;
  if (own) trusted = own->own_urls();
  for (const std::string& url : account.own_urls()) {
    if (std::find(trusted.begin(), trusted.end(), url) != trusted.end()) continue;
    Error error(Code::auth,
                "[" + account.provider + "] the job " + batch.job_id + " remembers the address " + url +
                    ", and the key in force is not known to be the job's: it is not sent there",
                "if that address is right, say so with --base-url " + url + "; else set the job's own key");
    error.provider = account.provider;
    return error;
  }
  return {};
}

}  // namespace br
