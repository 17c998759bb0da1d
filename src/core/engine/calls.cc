// The engine's vendor calls: accounts, access tokens, exchanges.
#include <algorithm>

#include "core/engine/engine.h"
#include "net/url.h"
#include "providers/registry.h"
#include "providers/shared/refusal.h"
#include "sys/clock.h"

namespace br {
namespace {

constexpr std::int64_t kTokenMarginMs = 300'000;  // a token is renewed so long before it expires
constexpr std::size_t kMaxInlineBytes = std::size_t{64} << 20;

// Variables that hold a key of any vendor.
std::vector<std::string> secret_variables() {
  std::vector<std::string> names;
  for (const PropertyInfo& info : property_table()) {
    if (info.kind != PropertyInfo::Kind::secret) continue;
    for (std::size_t at = 0; at < info.environment.size();) {
      const std::size_t end = std::min(info.environment.find(',', at), info.environment.size());
      names.push_back(info.environment.substr(at, end - at));
      at = end + 1;
    }
  }
  return names;
}

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

std::string token_key(const Account& account) { return account.provider + "\n" + account.slot + "\n" + account.base_url; }

}  // namespace

Result<Account> Engine::account_of(const Run& run, std::size_t index) const {
  const RemoteBatch& batch = run.job.batches[index];
  const Provider* provider = run.parts[index].provider;
  if (provider == nullptr)
    return Error(Code::no_provider, "this build has no provider \"" + batch.provider + "\"",
                 "it has: " + provider_names() + "; register it and resume");
  auto account = resolve_account(run.config, *provider, batch.base_url, batch.account);
  if (!account) return account;
  if (auto checked = check_address(run, index, *account); !checked) return std::move(checked.error());
  return account;
}

// ---- access tokens ----

void Engine::with_token(const Provider& provider, Account account, TokenFn then) {
  const std::int64_t now = p_.clock->now_ms();
  TokenSlot& slot = tokens_[token_key(account)];
  if (!slot.token.value.empty() && now < slot.token.expires_ms - kTokenMarginMs) {
    account.token = slot.token.value;
    return then(std::move(account), nullptr);
  }
  if (provider.http() == nullptr) return then(std::move(account), nullptr);
  auto request = provider.http()->token_request(account, now);
  if (!request) return then(std::move(account), &request.error());
  if (!*request) return then(std::move(account), nullptr);
  slot.waiting.push_back([this, account, then = std::move(then)](const Error* error) mutable {
    account.token = tokens_[token_key(account)].token.value;
    then(std::move(account), error);
  });
  if (std::exchange(slot.asked, true)) return;
  auto sent = send(provider, account, std::move(**request), nullptr, [this, &provider, account](HttpResponse response) {
    token_answered(provider, account, response);
  });
  if (sent) return;
  slot.asked = false;
  for (const auto& waiting : std::exchange(slot.waiting, {})) waiting(&sent.error());
}

void Engine::token_answered(const Provider& provider, const Account& account, const HttpResponse& response) {
  TokenSlot& slot = tokens_[token_key(account)];
  auto token = provider.http()->read_token(account, p_.clock->now_ms(), response);
  slot.asked = slot.proven = false;
  if (token) slot.token = std::move(*token);
  for (const auto& waiting : std::exchange(slot.waiting, {})) waiting(token ? nullptr : &token.error());
}

// A token that worked before and is refused now was revoked or has expired early: the call is made again with a new one.
void Engine::token_refused(const Account& account, Error* error) {
  if (account.token.empty()) return;
  TokenSlot& slot = tokens_[token_key(account)];
  if (error->code != Code::auth || error->http_status != 401) {
    slot.proven = true;
    return;
  }
  if (slot.proven) error->transient = true, error->code = Code::network;
  slot.token = Token{};
  slot.proven = false;
}

// ---- exchanges ----

Result<std::uint64_t> Engine::send(const Provider& provider, const Account& account, HttpRequest request, BodySink sink,
                                   Transport::Done done) {
  for (std::string& secret : secrets_of(provider, account)) request.secrets.push_back(std::move(secret));
  auto own = guard_destination(account.own_urls(), &request);
  if (!own) return std::move(own.error());
  if (*own) {
    if (auto signed_it = provider.http()->sign(account, p_.clock->now_ms(), &request); !signed_it)
      return std::move(signed_it.error());
  }
  if (p_.traces) trace(request, &sink, &done);
  return p_.transport->start(std::move(request), std::move(sink), std::move(done));
}

// What an author of a provider needs first. A query may hold a key or a signature: it is left out.
void Engine::trace(const HttpRequest& request, BodySink* sink, Transport::Done* done) {
  const auto bytes = std::make_shared<std::uint64_t>(0);
  if (*sink) {
    *sink = [bytes, sink = std::move(*sink)](const HttpResponse& head, std::string_view piece) {
      *bytes += piece.size();
      return sink(head, piece);
    };
  }
  const std::string call = request.method + " " + request.url.substr(0, request.url.find('?'));
  *done = [this, call, bytes, began = p_.clock->now_ms(), done = std::move(*done)](HttpResponse response) {
    const std::string outcome =
        response.failure == Failure::none ? std::to_string(response.status) : "failed, " + response.failure_text;
    p_.listener->vendor_called(call + ": " + outcome + ", " + std::to_string(*bytes + response.body.size()) + " bytes, " +
                               std::to_string(p_.clock->now_ms() - began) + " ms");
    done(std::move(response));
  };
}

// Just before an upload and every paid call: that the state is where it was opened, so that what is paid for will be
// known, and that the requests are those that were written.
bool Engine::may_send(Run* run, std::size_t index, Op op) {
  if (op != Op::upload && op != Op::create) return true;
  if (p_.directory != nullptr) {
    if (auto same = p_.directory->check_unchanged(); !same) {
      fail_store(same.error());
      return false;
    }
  }
  const RemoteBatch& batch = run->job.batches[index];
  const bool holds_requests = op == Op::upload || batch.input_file_id.empty();
  if (auto good = p_.spool->check_requests(batch, holds_requests); !good) {
    call_failed(run->job.id, index, op, std::move(good.error()), false);
    return false;
  }
  return true;
}

void Engine::start_call(Run* run, std::size_t index, Op op) {
  Part& part = run->parts[index];
  if (part.calls.contains(op)) return;
  const bool searches = op == Op::list || op == Op::find_upload;
  if (searches && part.track.search.before_create && !turns_.begin({run->job.id, index}, op)) return;
  auto account = account_of(*run, index);
  if (!account) return call_failed(run->job.id, index, op, account.error(), false);
  if (!may_send(run, index, op)) return;
  if (part.provider->local_program() != nullptr) return local_call(run, index, op);
  if (part.provider->callbacks() != nullptr) return external_call(run, index, op);
  part.calls[op] = 0;
  with_token(*part.provider, std::move(*account),
             [this, job_id = run->job.id, index, op](const Account& with, const Error* error) {
               const Run* found = find(job_id);
               if (found == nullptr || !found->parts[index].calls.contains(op)) return;  // it was stopped meanwhile
               if (error != nullptr) return call_failed(job_id, index, op, *error, false);
               begin_call(job_id, index, op, with);
             });
}

void Engine::local_call(Run* run, std::size_t index, Op op) {
  const Part& part = run->parts[index];
  auto account = account_of(*run, index);
  if (!account) return call_failed(run->job.id, index, op, account.error(), false);
  if (auto checked = op == Op::create ? check_program(*run, index) : Result<void>(); !checked)
    return call_failed(run->job.id, index, op, checked.error(), false);
  auto outcome = operate_local_run(
      {*part.provider->local_program(), *account, run->job.batches[index], *p_.spool, p_.clock->now_ms(), secret_variables()}, op);
  if (!outcome) return call_failed(run->job.id, index, op, outcome.error(), true);
  push(run->job.id, index, {EventKind::done, op, std::move(*outcome), {}, {}});
}

void Engine::call_failed(const std::string& job_id, std::size_t index, Op op, Error error, bool sent) {
  if (Run* run = find(job_id)) run->parts[index].calls.erase(op);
  if (!sent) error.not_executed = true;
  const bool others = op == Op::create && others_run(job_id, index);
  Event event{EventKind::failed, op, {}, std::move(error), {}};
  event.others_run = others;
  push(job_id, index, std::move(event));
  poll_again(job_id, index, op);
}

// Whether the account has batches of ours at work, beside this one.
bool Engine::others_run(const std::string& job_id, std::size_t index) const {
  const auto asking = runs_.find(job_id);
  if (asking == runs_.end()) return false;
  const RemoteBatch& batch = asking->second->job.batches[index];
  for (const auto& [id, run] : runs_) {
    for (const RemoteBatch& other : run->job.batches) {
      if (&other != &batch && other.phase == Phase::running && other.provider == batch.provider &&
          other.base_url == batch.base_url && other.account == batch.account)
        return true;
    }
  }
  return false;
}

void Engine::poll_again(const std::string& job_id, std::size_t index, Op answered) {
  Run* run = find(job_id);
  if (run == nullptr || answered != Op::poll || !std::exchange(run->parts[index].poll_again, false)) return;
  push(job_id, index, {EventKind::refresh, Op::poll, {}, {}, {}});
}

void Engine::begin_call(const std::string& job_id, std::size_t index, Op op, const Account& account) {
  Run* run = find(job_id);
  const Part& part = run->parts[index];
  const RemoteBatch& batch = run->job.batches[index];
  if (auto whole = check_requests(p_.spool->files(), batch, op); !whole)
    return call_failed(job_id, index, op, whole.error(), false);
  OperationInput input;
  input.cursor = part.track.search.page;
  if (op == Op::create && part.provider->http()->wants_lines(account, batch)) {
    auto read = p_.spool->files()->read_own_file(batch.request_path, kMaxInlineBytes);
    if (!read) return call_failed(job_id, index, op, read.error(), false);
    input.lines = std::move(*read);
  }
  HttpOperation operation(*part.provider->http(), op, std::move(input));
  auto request = operation.begin({account, batch, p_.clock->now_ms()});
  if (!request) return call_failed(job_id, index, op, request.error(), false);
  if (*request) return send_exchange(job_id, index, op, std::move(**request), account, operation);
  run->parts[index].calls.erase(op);
  push(job_id, index, {EventKind::done, op, std::move(operation.outcome()), {}, {}});
}

void Engine::send_exchange(const std::string& job_id, std::size_t index, Op op, HttpRequest request,
                           const Account& account, const HttpOperation& operation) {
  Run* run = find(job_id);
  Part& part = run->parts[index];
  // Time has passed since it was started: for a token, or for what was to be sent before.
  if ((op == Op::create || op == Op::upload) && p_.directory != nullptr) {
    if (auto same = p_.directory->check_unchanged(); !same) return fail_store(same.error());
  }
  const auto use = [this, job_id, index, op, account, operation](const HttpResponse& response) {
    answer(job_id, index, op, response, account, operation);
  };
  if (part.track.search.before_create && (op == Op::list || op == Op::find_upload))
    return send_shared(run, index, op, std::move(request), account, use);
  auto sent = send(*part.provider, account, std::move(request), nullptr, use);
  if (!sent) return call_failed(job_id, index, op, sent.error(), false);
  part.calls[op] = *sent;
}

// The call belongs to nobody alone: who stops waits for it no more, and it goes on for the others. A search that did not
// get through makes its own calls.
void Engine::send_shared(Run* run, std::size_t index, Op op, HttpRequest request, const Account& account,
                         SharedAnswers::Use use) {
  Part& part = run->parts[index];
  const std::string& job_id = run->job.id;
  const std::string call = whose(account) + request.method + " " + request.url + "\n" + request.body;
  const auto use_if_wanted = [this, job_id, index, op, use = std::move(use)](const HttpResponse& response) {
    const Run* found = find(job_id);
    if (found != nullptr && found->parts[index].calls.contains(op)) use(response);
  };
  part.calls[op] = 0;
  if (const HttpResponse* known = part.track.failures == 0 ? shared_.find(call, p_.clock->now_ms()) : nullptr)
    return post([use_if_wanted, response = *known] { use_if_wanted(response); });
  if (!shared_.ask(call, use_if_wanted)) return;
  auto sent = send(*part.provider, account, std::move(request), nullptr,
                   [this, call, use_if_wanted](const HttpResponse& response) {
                     const auto waiting = shared_.answered(call, response, p_.clock->now_ms());
                     use_if_wanted(response);
                     for (const SharedAnswers::Use& other : waiting) other(response);
                   });
  if (sent) return;
  (void)shared_.answered(call, HttpResponse(), p_.clock->now_ms());
  call_failed(job_id, index, op, sent.error(), false);
}

// Those who waited while others searched.
void Engine::go_on_searching(const std::string& job_id, std::size_t index) {
  turns_.end({job_id, index});
  while (const auto turn = turns_.next()) {
    if (Run* run = find(turn->part.first)) start_call(run, turn->part.second, turn->op);
    else turns_.end(turn->part);
  }
}

void Engine::answer(const std::string& job_id, std::size_t index, Op op, const HttpResponse& response,
                    const Account& account, HttpOperation operation) {
  Run* run = find(job_id);
  if (run == nullptr) return;
  Part& part = run->parts[index];
  part.calls.erase(op);
  auto next = operation.read({account, run->job.batches[index], p_.clock->now_ms()}, response);
  if (!next) {
    judge_refusal(op, account.base_url, response, &next.error());
    token_refused(account, &next.error());
    return call_failed(job_id, index, op, next.error(), true);
  }
  if (*next) return send_exchange(job_id, index, op, std::move(**next), account, operation);
  Outcome outcome = std::move(operation.outcome());
  if (op == Op::list) find_owners(job_id, index, &outcome);
  if (outcome.status) judge_failed_batch(&*outcome.status);
  outcome.vendor_now_ms = parse_http_date(std::string(response.header("date")));
  push(job_id, index, {EventKind::done, op, std::move(outcome), {}, {}});
  poll_again(job_id, index, op);
}

void Engine::stop_calls(Part* part) {
  for (const auto& [op, id] : part->calls) {
    if (id != 0) p_.transport->abort(id);
  }
  part->calls.clear();
  if (part->probe_call != 0) p_.transport->abort(part->probe_call);
  part->probe_call = 0;
  part->prover.reset();
  if (part->download_call != 0) p_.transport->abort(part->download_call);
  part->download_call = 0;
}

void Engine::list_remote(const Account& account, std::int64_t limit, std::function<void(Result<Outcome>)> done) {
  const Provider* provider = find_provider(account.provider);
  if (provider == nullptr) return done(Error(Code::no_provider, "there is no provider \"" + account.provider + "\""));
  if (provider->callbacks() != nullptr) return external_list(*provider, account, limit, std::move(done));
  if (provider->http() == nullptr)
    return done(Error(Code::unsupported, "[" + account.provider + "] its batches cannot be listed"));
  with_token(*provider, account, [this, provider, limit, done = std::move(done)](const Account& with, const Error* error) {
    if (error != nullptr) return done(*error);
    RemoteBatch none;
    none.provider = with.provider;
    HttpOperation listing(*provider->http(), Op::list, {{}, static_cast<int>(limit), {}, {}});
    auto request = listing.begin({with, none, p_.clock->now_ms()});
    if (!request) return done(std::move(request.error()));
    auto sent = send(*provider, with, std::move(**request), nullptr,
                     [with, none, listing, now = p_.clock->now_ms(), done](const HttpResponse& response) mutable {
                       if (auto read = listing.read({with, none, now}, response); !read)
                         return done(std::move(read.error()));
                       done(std::move(listing.outcome()));
                     });
    if (!sent) done(std::move(sent.error()));
  });
}

// Nobody waits for it but the end of the router: a file that stays behind costs nothing and expires at the vendor.
void Engine::delete_remote_files(Run* run) {
  const std::string& what = run->config.get("files.delete_remote");
  if (what == "never" || !is_settled(run->job)) return;
  for (std::size_t i = 0; i < run->job.batches.size(); ++i) {
    const RemoteBatch& batch = run->job.batches[i];
    auto account = account_of(*run, i);
    if (!account || run->parts[i].provider->http() == nullptr) continue;
    std::vector<std::string> files = {batch.input_file_id};
    if (what == "all") files.insert(files.end(), {batch.status.output.id, batch.status.errors.id});
    for (const std::string& file : files) {
      if (file.empty()) continue;
      with_token(*run->parts[i].provider, *account,
                 [this, provider = run->parts[i].provider, batch, file](const Account& with, const Error* error) {
                   if (error != nullptr) return;
                   auto request = provider->http()->delete_request({with, batch, p_.clock->now_ms()}, file);
                   if (!request || !*request) return;
                   if (send(*provider, with, std::move(**request), nullptr, [this](HttpResponse) { --deletions_; }))
                     ++deletions_;
                 });
    }
  }
}

void Engine::finish_deletions(std::int64_t most_ms) {
  for (auto& [id, run] : runs_) {
    for (Part& part : run->parts) stop_calls(&part);
  }
  const std::int64_t until = p_.clock->now_ms() + most_ms;
  for (std::int64_t left = most_ms; deletions_ > 0 && left > 0; left = until - p_.clock->now_ms())
    p_.transport->wait(left);
}

}  // namespace br
