#include "core/engine/callback_driver.h"

#include <utility>

#include "core/engine/engine_core.h"

namespace br {
namespace {

// Brings all result lines into a file of its own: one that an earlier call still writes to is another file.
Result<void> write_results(FileSystem* files, const Provider& provider, const RemoteBatch& batch, const std::string& path) {
  files->remove_file(path);
  auto made = files->create(path);
  BR_RETURN_IF_ERROR(made);
  BufferedFile file(std::move(*made));
  auto fetched = provider.callbacks()->fetch(batch, [&file](std::string_view bytes) { return file.append(bytes); });
  if (!fetched) return fetched;
  return file.flush();
}

Result<Outcome> with_status(Result<RemoteStatus> status) {
  BR_RETURN_IF_ERROR(status);
  Outcome outcome;
  outcome.status = std::move(*status);
  return outcome;
}

Result<Outcome> operate(const Callbacks& callbacks, Op op, const RemoteBatch& batch, std::int64_t limit) {
  Outcome outcome;
  if (op == Op::create) return with_status(callbacks.submit(batch));
  if (op == Op::poll) return with_status(callbacks.poll(batch));
  if (op == Op::cancel) {
    auto cancelled = callbacks.cancel(batch);
    BR_RETURN_IF_ERROR(cancelled);
    outcome.status = std::move(cancelled->status);
    outcome.already_ended = cancelled->already_ended;
  }
  if (op == Op::list) {
    auto listed = callbacks.list(batch, limit);
    BR_RETURN_IF_ERROR(listed);
    outcome.listed = std::move(*listed);
  }
  return outcome;
}

}  // namespace

// Nothing names where the results are: the functions know.
void CallbackDriver::tune(StepRules* rules) const { rules->names_results = false; }

void CallbackDriver::call(Op op, const Account&) {
  // There is nothing to bring anywhere: the provider reads the request file where it is.
  if (op == Op::upload) return c_.core->call_done(c_.key, op, {});
  const std::uint64_t number = calls_[op] = ++last_call_;
  ExternalWork work{c_.provider, {}, op == Op::create, c_.key.job_id, c_.key.index, c_.core->part(c_.key)->hold};
  work.run = [weak = weak_from_this(), callbacks = c_.provider->callbacks(), batch = c_.core->batch(c_.key), op, number,
              answers = c_.core->answers] {
    auto outcome = std::make_shared<Result<Outcome>>(operate(*callbacks, op, batch, 0));
    answers->post({op == Op::create, [weak, op, number, outcome] {
                     if (const auto self = weak.lock()) self->answered(op, number, std::move(*outcome));
                   }});
  };
  c_.core->parts.listener->external_work(std::move(work));
}

void CallbackDriver::answered(Op op, std::uint64_t number, Result<Outcome> outcome) {
  const auto call = calls_.find(op);
  if (call == calls_.end() || call->second != number) return;  // it was stopped meanwhile
  calls_.erase(call);
  if (outcome) return c_.core->call_done(c_.key, op, std::move(*outcome));
  const bool never_begun = outcome.error().code == Code::no_provider;
  c_.core->call_failed(c_.key, op, std::move(outcome.error()), !never_begun);
}

// The list says all that there is to say.
void CallbackDriver::probe(const Account&) {
  const Search& search = c_.core->part(c_.key)->track.search;
  c_.core->probed(c_.key, search.candidates[search.probing], RowProof::none);
}

void CallbackDriver::bring(const Account&) {
  if (std::exchange(is_fetching_, true)) return;
  const RemoteBatch& batch = c_.core->batch(c_.key);
  const std::string path = c_.core->parts.spool->local(c_.key.job_id, batch.part, "fetched.jsonl");
  ExternalWork work{c_.provider, {}, false, c_.key.job_id, c_.key.index, c_.core->part(c_.key)->hold};
  work.run = [weak = weak_from_this(), files = c_.core->parts.spool->files(), provider = c_.provider, batch, path,
              answers = c_.core->answers] {
    auto written = std::make_shared<Result<void>>(write_results(files, *provider, batch, path));
    answers->post({false, [weak, path, written] {
                     if (const auto self = weak.lock()) self->fetched(path, std::move(*written));
                   }});
  };
  c_.core->parts.listener->external_work(std::move(work));
}

void CallbackDriver::fetched(const std::string& path, Result<void> written) {
  is_fetching_ = false;
  PartFetch& fetch = *c_.core->part(c_.key)->fetch;
  if (fetch.source() == nullptr) return;  // the rows are collected already
  if (!written) return fetch.source_failed(std::move(written.error()));
  fetch.copy_from(path);
  c_.core->parts.spool->files()->remove_file(path);
}

void CallbackDriver::list(const Account& account, std::int64_t limit, std::function<void(Result<Outcome>)> done) {
  ExternalWork work{c_.provider, {}, false, {}, 0, c_.provider->callbacks()->hold()};
  RemoteBatch none;
  none.provider = account.provider;
  work.run = [callbacks = c_.provider->callbacks(), none, limit, done = std::move(done), answers = c_.core->answers] {
    auto outcome = std::make_shared<Result<Outcome>>(operate(*callbacks, Op::list, none, limit));
    answers->post({false, [done, outcome] { done(std::move(*outcome)); }});
  };
  c_.core->parts.listener->external_work(std::move(work));
}

}  // namespace br
