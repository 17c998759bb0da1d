#include "abi/external_provider.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>

#include "abi/external_abilities.h"
#include "abi/handles.h"
#include "abi/provider_call.h"
#include "providers/registry.h"
#include "providers/shared/unified_rows.h"

namespace br {
namespace {

constexpr std::size_t kMaxName = 64;
// The table of the first version; what later ones add stands behind it.
constexpr std::size_t kLeastSize = sizeof(br_provider_vtbl);
constexpr std::size_t kMostSize = 4096;
// Where the results of an external batch are; only that it is not empty counts.
constexpr const char* kElsewhere = "external";

using CallFn = br_status (*)(void*, br_provider_call*);

// The table as it was registered. Lives as long as somebody may call it.
class Binding {
 public:
  Binding(const br_provider_vtbl& table, void* user_data, Callback<br_destroy_fn> owner)
      : vtbl(table), data(user_data), owner_(std::move(owner)) {}
  Binding(const Binding&) = delete;
  Binding& operator=(const Binding&) = delete;
  ~Binding() {
    if (live && vtbl.close != nullptr) vtbl.close(data);
  }

  const br_provider_vtbl vtbl;
  void* const data;
  std::atomic<bool> live{false};  // it was registered

 private:
  Callback<br_destroy_fn> owner_;
};

Error invalid(const std::string& what, const std::string& fix) { return Error(Code::invalid_argument, what, fix); }

class ExternalProvider : public Provider {
 public:
  ExternalProvider(std::string name, ExternalAbilities abilities, const std::shared_ptr<Binding>& binding)
      : name_(std::move(name)), abilities_(std::move(abilities)), binding_(binding) {
    capability_ = abilities_.capability;
    capability_.title = abilities_.title.empty() ? name_.c_str() : abilities_.title.c_str();
    capability_.docs = abilities_.docs.c_str();
    capability_.can_cancel = binding->vtbl.cancel != nullptr;
    capability_.can_list = binding->vtbl.list != nullptr;
  }

  std::string_view name() const override { return name_; }
  const Capability& capability() const override { return capability_; }
  std::span<const Property> properties() const override { return {}; }
  bool encode(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
              std::vector<std::string>* warnings) const override;
  Result<Step> advance(Op, const OpContext&, const HttpResponse*) const override {
    return Error(Code::unsupported, "[" + name_ + "] it works outside of the library and has no calls of its own");
  }
  std::vector<Download> downloads(const Account&, const RemoteBatch&) const override {
    return std::vector<Download>(1);
  }
  Result<Outcome> operate(Op op, const RemoteBatch& batch, std::int64_t limit) const override;
  Result<void> fetch(const RemoteBatch& batch, const BytesSink& sink) const override;
  std::shared_ptr<const void> hold() const override { return binding_.lock(); }
  std::unique_ptr<RowReader> row_reader() const override { return make_unified_row_reader(); }

 private:
  Error gone() const {
    return Error(Code::no_provider, "[" + name_ + "] the provider was unregistered", "register it and resume");
  }
  Error not_there(const char* what) const {
    return Error(Code::unsupported, "[" + name_ + "] " + what + ": the provider has no such function");
  }
  Result<void> perform(const Binding& binding, CallFn fn, br_provider_call* call) const;
  bool prepare(const Binding& binding, std::string_view line, std::string* out, Issue* issue) const;
  Result<Outcome> submit(const Binding& binding, br_provider_call* call) const;
  Outcome told(br_provider_call* call) const;

  const std::string name_;
  const ExternalAbilities abilities_;
  std::weak_ptr<Binding> binding_;
  Capability capability_;
};

// ---- calls ----

Result<void> ExternalProvider::perform(const Binding& binding, CallFn fn, br_provider_call* call) const {
  call->provider = name_;
  const br_status returned = fn(binding.data, call);
  return outcome_of(*call, returned);
}

bool ExternalProvider::encode(const Request& request, const EncodeOptions&, std::string* out, Issue* issue,
                              std::vector<std::string>*) const {
  const auto binding = binding_.lock();
  if (!binding) return issue->message = gone().message, false;
  if (std::find(capability_.endpoints.begin(), capability_.endpoints.end(), request.endpoint) ==
      capability_.endpoints.end()) {
    issue->field = "endpoint";
    issue->message = "endpoint: " + name_ + " has no such endpoint; use one that br_registry_get names";
    return false;
  }
  const std::string model(request.model);
  if (binding->vtbl.supports_model != nullptr && binding->vtbl.supports_model(binding->data, model.c_str()) == 0) {
    issue->column = request.model_column;
    issue->field = "model";
    issue->message = "model: " + name_ + " does not serve \"" + model + "\"; name another model or provider";
    return false;
  }
  return prepare(*binding, request.line, out, issue);
}

bool ExternalProvider::prepare(const Binding& binding, std::string_view line, std::string* out, Issue* issue) const {
  const std::size_t start = out->size();
  if (binding.vtbl.prepare == nullptr) {
    out->append(line);
  } else {
    const std::string text(line);
    br_provider_call call;
    call.what = "prepare";
    call.provider = name_;
    call.write = [out](std::string_view bytes) { return out->append(bytes), Result<void>(); };
    const br_status returned = binding.vtbl.prepare(binding.data, &call, text.c_str(), text.size());
    if (auto done = outcome_of(call, returned); !done) return issue->message = done.error().message, false;
  }
  while (out->size() > start && (out->back() == '\n' || out->back() == '\r')) out->pop_back();
  if (out->size() == start || out->find('\n', start) != std::string::npos) {
    issue->message = "[" + name_ + "] prepare wrote " + (out->size() == start ? "nothing" : "several lines") +
                     " for the request; it has to write one line";
    return false;
  }
  out->push_back('\n');
  return true;
}

// What the setters left behind, of the batch that was asked about.
Outcome ExternalProvider::told(br_provider_call* call) const {
  Outcome outcome;
  RemoteStatus& status = call->status;
  status.marker = call->batch->marker;
  status.model = call->batch->model;
  status.state_known = call->state_given;
  if (call->state_given && is_terminal(status.state)) status.output.url = kElsewhere;
  if (status.state == State::failed) {
    const std::string why = call->message.empty() ? "the batch failed" : call->message;
    status.failure = Error(Code::provider, "[" + name_ + "] " + why);
    status.failure->provider = name_;
  }
  outcome.status = std::move(status);
  return outcome;
}

Result<Outcome> ExternalProvider::submit(const Binding& binding, br_provider_call* call) const {
  if (auto done = perform(binding, binding.vtbl.submit, call); !done) {
    // It gave an id, so that there is a batch, whatever else it says.
    if (!call->status.id.empty()) done.error().not_executed = false;
    return std::move(done.error());
  }
  if (call->status.id.empty())
    return Error(Code::unknown_outcome, "[" + name_ + "] submit gave no batch id",
                 "the provider has to call br_call_set_batch_id");
  if (!call->state_given) call->status.state = State::validating;
  Outcome outcome = told(call);
  outcome.status->state_known = true;
  return outcome;
}

Result<Outcome> ExternalProvider::operate(Op op, const RemoteBatch& batch, std::int64_t limit) const {
  const auto binding = binding_.lock();
  if (!binding) return gone();
  const br_provider_vtbl& vtbl = binding->vtbl;
  br_provider_call call;
  call.batch = &batch;
  call.limit = limit;
  call.status.id = op == Op::create ? "" : batch.status.id;
  switch (op) {
    case Op::create:
      call.what = "submit";
      return submit(*binding, &call);
    case Op::poll: {
      call.what = "poll";
      if (auto done = perform(*binding, vtbl.poll, &call); !done) return std::move(done.error());
      return told(&call);
    }
    case Op::cancel: {
      call.what = "cancel";
      if (vtbl.cancel == nullptr) return not_there("cancel");
      if (auto done = perform(*binding, vtbl.cancel, &call); !done) return std::move(done.error());
      if (!call.state_given) (void)br_call_set_state(&call, BR_STATE_CANCELLING, nullptr);
      Outcome outcome = told(&call);
      const State state = outcome.status->state;
      outcome.already_ended = is_terminal(state) && state != State::cancelled;
      return outcome;
    }
    case Op::list: {
      call.what = "list";
      call.listing = true;
      if (vtbl.list == nullptr) return not_there("list");
      if (auto done = perform(*binding, vtbl.list, &call); !done) return std::move(done.error());
      Outcome outcome;
      outcome.listed = std::move(call.listed);
      for (RemoteStatus& status : outcome.listed) {
        if (is_terminal(status.state)) status.output.url = kElsewhere;
      }
      return outcome;
    }
    default:
      return Outcome{};
  }
}

Result<void> ExternalProvider::fetch(const RemoteBatch& batch, const BytesSink& sink) const {
  const auto binding = binding_.lock();
  if (!binding) return gone();
  br_provider_call call;
  call.what = "fetch";
  call.batch = &batch;
  call.write = sink;
  return perform(*binding, binding->vtbl.fetch, &call);
}

Result<std::string> checked_name(const char* text) {
  const std::string name = text == nullptr ? "" : text;
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  if (!name.empty() && name.size() <= kMaxName && name.find_first_not_of(kAllowed) == std::string::npos) return name;
  return invalid("the provider's name is not 1 to 64 of [a-z0-9_-]", "give it such a name");
}

}  // namespace

Result<void> register_external_provider(const br_provider_vtbl* vtbl, void* user_data, br_destroy_fn destroy) {
  Callback<br_destroy_fn> owner(nullptr, user_data, destroy);
  if (vtbl == nullptr) return invalid("the argument vtbl is NULL", "pass a value");
  if (vtbl->size < kLeastSize || vtbl->size > kMostSize)
    return invalid("the table has the size " + std::to_string(vtbl->size) + ", which no version of it has",
                   "set its size to sizeof(br_provider_vtbl)");
  auto name = checked_name(vtbl->name);
  if (!name) return std::move(name.error());
  if (vtbl->submit == nullptr || vtbl->poll == nullptr || vtbl->fetch == nullptr)
    return invalid("the provider \"" + *name + "\" lacks submit, poll or fetch", "give all three");
  auto abilities = read_abilities(vtbl->capabilities);
  if (!abilities) return std::move(abilities.error());
  auto binding = std::make_shared<Binding>(*vtbl, user_data, std::move(owner));
  auto provider = std::make_unique<ExternalProvider>(std::move(*name), std::move(*abilities), binding);
  if (auto registered = register_provider(std::move(provider), binding); !registered) return registered;
  binding->live = true;
  return {};
}

}  // namespace br
