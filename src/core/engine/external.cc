// The engine's calls of providers from outside the library.
#include "core/engine/engine.h"

namespace br {
namespace {

// Brings all result lines into a file of its own: one that an earlier call still writes to is another file.
Result<void> write_results(FileSystem* files, const Provider& provider, const RemoteBatch& batch, const std::string& path) {
  files->remove_file(path);
  auto made = files->create(path);
  if (!made) return std::move(made.error());
  BufferedFile file(std::move(*made));
  auto fetched = provider.callbacks()->fetch(batch, [&file](std::string_view bytes) { return file.append(bytes); });
  if (!fetched) return fetched;
  return file.flush();
}

Result<Outcome> with_status(Result<RemoteStatus> status) {
  if (!status) return std::move(status.error());
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
    if (!cancelled) return std::move(cancelled.error());
    outcome.status = std::move(cancelled->status);
    outcome.already_ended = cancelled->already_ended;
  }
  if (op == Op::list) {
    auto listed = callbacks.list(batch, limit);
    if (!listed) return std::move(listed.error());
    outcome.listed = std::move(*listed);
  }
  return outcome;
}

}  // namespace

// false: there were none.
bool Engine::take_answers() {
  const std::vector<ExternalAnswers::Answer> answers = answers_->take();
  for (const ExternalAnswers::Answer& answer : answers) answer.apply();
  return !answers.empty();
}

void Engine::external_call(Run* run, std::size_t index, Op op) {
  Part& part = run->parts[index];
  const std::string job_id = run->job.id;
  // There is nothing to bring anywhere: the provider reads the request file where it is.
  if (op == Op::upload) return push(job_id, index, {EventKind::done, op, {}, {}, {}});
  part.calls[op] = 0;
  ExternalWork work{part.provider, {}, op == Op::create, job_id, index, part.hold};
  work.run = [this, provider = part.provider, batch = run->job.batches[index], op, job_id, index, answers = answers_] {
    auto outcome = std::make_shared<Result<Outcome>>(operate(*provider->callbacks(), op, batch, 0));
    answers->post({op == Op::create,
                   [this, job_id, index, op, outcome] { external_answered(job_id, index, op, std::move(*outcome)); }});
  };
  p_.listener->external_work(std::move(work));
}

void Engine::external_answered(const std::string& job_id, std::size_t index, Op op, Result<Outcome> outcome) {
  Run* run = find(job_id);
  if (run == nullptr || run->parts[index].calls.erase(op) == 0) return;  // it was stopped meanwhile
  if (!outcome) {
    const bool never_begun = outcome.error().code == Code::no_provider;
    return call_failed(job_id, index, op, std::move(outcome.error()), !never_begun);
  }
  if (op == Op::list) find_owners(job_id, index, &*outcome);
  push(job_id, index, {EventKind::done, op, std::move(*outcome), {}, {}});
}

void Engine::external_list(const Provider& provider, const Account& account, std::int64_t limit,
                           std::function<void(Result<Outcome>)> done) {
  ExternalWork work{&provider, {}, false, {}, 0, provider.callbacks()->hold()};
  RemoteBatch none;
  none.provider = account.provider;
  work.run = [&provider, none, limit, done = std::move(done), answers = answers_] {
    auto outcome = std::make_shared<Result<Outcome>>(operate(*provider.callbacks(), Op::list, none, limit));
    answers->post({false, [done, outcome] { done(std::move(*outcome)); }});
  };
  p_.listener->external_work(std::move(work));
}

void Engine::external_fetch(Run* run, std::size_t index) {
  Part& part = run->parts[index];
  if (part.fetching_outside) return;
  part.fetching_outside = true;
  const std::string job_id = run->job.id;
  const std::string path = p_.spool->local(job_id, run->job.batches[index].part, "fetched.jsonl");
  ExternalWork work{part.provider, {}, false, job_id, index, part.hold};
  work.run = [this, files = p_.spool->files(), provider = part.provider, batch = run->job.batches[index], job_id, index, path,
              answers = answers_] {
    auto written = std::make_shared<Result<void>>(write_results(files, *provider, batch, path));
    answers->post(
        {false, [this, job_id, index, path, written] { external_fetched(job_id, index, path, std::move(*written)); }});
  };
  p_.listener->external_work(std::move(work));
}

void Engine::external_fetched(const std::string& job_id, std::size_t index, const std::string& path,
                              Result<void> written) {
  Run* run = find(job_id);
  if (run == nullptr) return;
  Part& part = run->parts[index];
  part.fetching_outside = false;
  if (part.output == nullptr) return;  // the rows are collected already
  if (!written) {
    part.download_again = true;
    return fetch_error(job_id, index, std::move(written.error()));
  }
  copy_local_output(run, index, path);
  p_.spool->files()->remove_file(path);
}

// The job needs the provider no more. What it held is dropped on a thread of the caller's.
void Engine::release(Part* part) {
  if (part->hold != nullptr)
    p_.listener->external_work({nullptr, {}, false, {}, 0, std::exchange(part->hold, nullptr)});
}

void Engine::settle_external(const std::deque<ExternalWork>& not_begun) {
  for (const ExternalAnswers::Answer& answer : answers_->take()) {
    if (answer.create) answer.apply();
  }
  for (const ExternalWork& work : not_begun) {
    if (!work.create) continue;
    Error error(Code::network, "[" + std::string(work.provider->name()) + "] the router was closed before the call");
    error.transient = true;
    call_failed(work.job_id, work.part, Op::create, std::move(error), false);
  }
  drain();
}

std::vector<std::shared_ptr<const void>> Engine::take_holds() {
  std::vector<std::shared_ptr<const void>> holds;
  for (auto& [id, run] : runs_) {
    for (Part& part : run->parts) holds.push_back(std::move(part.hold));
  }
  return holds;
}

}  // namespace br
