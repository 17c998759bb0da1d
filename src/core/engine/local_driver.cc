#include "core/engine/local_driver.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/engine/address_trust.h"
#include "core/engine/engine_core.h"
#include "core/engine/local_run.h"

namespace br {
namespace {

// Looking at a program of this machine costs nothing, and it may be done in seconds.
constexpr std::int64_t kPollMs = 1000, kMaxPollMs = 10'000;

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

}  // namespace

void LocalDriver::tune(StepRules* rules) const {
  rules->settle_ms = 0;  // what runs here is known for certain
  rules->poll.interval_ms = std::min(rules->poll.interval_ms, kPollMs);
  rules->poll.max_interval_ms = std::min(rules->poll.max_interval_ms, kMaxPollMs);
}

void LocalDriver::call(Op op, const Account& account) {
  const RemoteBatch& batch = c_.core->batch(c_.key);
  const EngineParts& parts = c_.core->parts;
  if (op == Op::create && !c_.core->part(c_.key)->address_is_given) {
    const Config& remembered = c_.core->find(c_.key.job_id)->config;
    if (auto trusted = check_program(*parts.config, remembered, *c_.provider, batch); !trusted)
      return c_.core->call_failed(c_.key, op, std::move(trusted.error()), false);
  }
  auto outcome = operate_local_run(
      {*c_.provider->local_program(), account, batch, *parts.spool, parts.clock->now_ms(), secret_variables()}, op);
  if (!outcome) return c_.core->call_failed(c_.key, op, std::move(outcome.error()), true);
  c_.core->call_done(c_.key, op, std::move(*outcome));
}

// The list says all that there is to say.
void LocalDriver::probe(const Account&) {
  const Search& search = c_.core->part(c_.key)->track.search;
  c_.core->probed(c_.key, search.candidates[search.probing], RowProof::none);
}

std::vector<Download> LocalDriver::sources(const Account&) const {
  return std::vector<Download>(c_.core->batch(c_.key).status.output.url.empty() ? 0 : 1);
}

void LocalDriver::bring(const Account&) {
  c_.core->part(c_.key)->fetch->copy_from(c_.core->batch(c_.key).status.output.url);
}

void LocalDriver::list(const Account& account, std::int64_t, std::function<void(Result<Outcome>)> done) {
  done(Error(Code::unsupported, "[" + account.provider + "] its batches cannot be listed"));
}

}  // namespace br
