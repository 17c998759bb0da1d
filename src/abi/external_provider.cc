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
#include "providers/shared/wire.h"

namespace br {
namespace {

constexpr std::size_t kMaxName = 64;
// The table of the first version; what later ones add stands behind it.
constexpr std::size_t kLeastSize = sizeof(br_provider_vtbl);
constexpr std::size_t kMostSize = 4096;

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

Error gone(const std::string& name) {
  return Error(Code::no_provider, "[" + name + "] the provider was unregistered", "register it and resume");
}

// ---- requests ----

class ExternalDialect : public Dialect {
 public:
  ExternalDialect(std::string name, ExternalAbilities abilities, const std::shared_ptr<Binding>& binding)
      : name_(std::move(name)), abilities_(std::move(abilities)), binding_(binding) {
    capability_ = abilities_.capability;
    capability_.title = abilities_.title.empty() ? name_.c_str() : abilities_.title.c_str();
    capability_.docs = abilities_.docs.c_str();
    capability_.can_cancel = binding->vtbl.cancel != nullptr;
    capability_.can_list = binding->vtbl.list != nullptr;
    capability_.line_form = LineForm::unified;
  }

  std::string_view name() const override { return name_; }
  const Capability& capability() const override { return capability_; }
  std::span<const Property> properties() const override { return {}; }
  bool encode(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
              std::vector<std::string>* warnings) const override;
  std::unique_ptr<RowReader> row_reader() const override { return make_unified_row_reader(); }

 private:
  bool prepare(const Binding& binding, std::string_view line, std::string* out, Issue* issue) const;

  const std::string name_;
  const ExternalAbilities abilities_;
  const std::weak_ptr<Binding> binding_;
  Capability capability_;
};

bool ExternalDialect::encode(const Request& request, const EncodeOptions&, std::string* out, Issue* issue,
                              std::vector<std::string>*) const {
  const auto binding = binding_.lock();
  if (!binding) return issue->message = gone(name_).message, false;
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

bool ExternalDialect::prepare(const Binding& binding, std::string_view line, std::string* out, Issue* issue) const {
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

// ---- calls ----

class ExternalCallbacks : public Callbacks {
 public:
  ExternalCallbacks(std::string name, const std::shared_ptr<Binding>& binding)
      : name_(std::move(name)), binding_(binding) {}

  Result<RemoteStatus> submit(const RemoteBatch& batch) const override;
  Result<RemoteStatus> poll(const RemoteBatch& batch) const override;
  Result<Cancelled> cancel(const RemoteBatch& batch) const override;
  Result<std::vector<RemoteStatus>> list(const RemoteBatch& batch, std::int64_t limit) const override;
  Result<void> fetch(const RemoteBatch& batch, const BytesSink& sink) const override;
  std::shared_ptr<const void> hold() const override { return binding_.lock(); }

 private:
  // A function of the table, by its place there. Code::unsupported where the provider has none.
  Result<void> perform(CallFn br_provider_vtbl::*function, const char* what, br_provider_call* call) const;
  RemoteStatus told(br_provider_call* call) const;

  const std::string name_;
  const std::weak_ptr<Binding> binding_;
};

Result<void> ExternalCallbacks::perform(CallFn br_provider_vtbl::*function, const char* what,
                                        br_provider_call* call) const {
  const auto binding = binding_.lock();
  if (!binding) return gone(name_);
  const CallFn call_it = binding->vtbl.*function;
  if (call_it == nullptr)
    return Error(Code::unsupported, "[" + name_ + "] " + what + ": the provider has no such function");
  call->what = what;
  call->provider = name_;
  const br_status returned = call_it(binding->data, call);
  return outcome_of(*call, returned);
}

// What the setters left behind, of the batch that was asked about.
RemoteStatus ExternalCallbacks::told(br_provider_call* call) const {
  RemoteStatus& status = call->status;
  status.marker = call->batch->marker;
  status.model = call->batch->model;
  status.state_known = call->state_given;
  if (status.state == State::failed) {
    const std::string why = call->message.empty() ? "the batch failed" : call->message;
    status.failure = Error(Code::provider, "[" + name_ + "] " + why);
    status.failure->provider = name_;
  }
  return std::move(status);
}

Result<RemoteStatus> ExternalCallbacks::submit(const RemoteBatch& batch) const {
  br_provider_call call;
  call.batch = &batch;
  if (auto done = perform(&br_provider_vtbl::submit, "submit", &call); !done) {
    // It gave an id, so that there is a batch, whatever else it says.
    if (!call.status.id.empty()) done.error().not_executed = false;
    return std::move(done.error());
  }
  if (call.status.id.empty())
    return Error(Code::unknown_outcome, "[" + name_ + "] submit gave no batch id",
                 "the provider has to call br_call_set_batch_id");
  if (!call.state_given) call.status.state = State::validating;
  RemoteStatus status = told(&call);
  status.state_known = true;
  return status;
}

Result<RemoteStatus> ExternalCallbacks::poll(const RemoteBatch& batch) const {
  br_provider_call call;
  call.batch = &batch;
  call.status.id = batch.status.id;
  BR_RETURN_IF_ERROR(perform(&br_provider_vtbl::poll, "poll", &call));
  return told(&call);
}

Result<Cancelled> ExternalCallbacks::cancel(const RemoteBatch& batch) const {
  br_provider_call call;
  call.batch = &batch;
  call.status.id = batch.status.id;
  BR_RETURN_IF_ERROR(perform(&br_provider_vtbl::cancel, "cancel", &call));
  if (!call.state_given) (void)br_call_set_state(&call, BR_STATE_CANCELLING, nullptr);
  return cancelled_batch(told(&call));
}

Result<std::vector<RemoteStatus>> ExternalCallbacks::list(const RemoteBatch& batch, std::int64_t limit) const {
  br_provider_call call;
  call.batch = &batch;
  call.limit = limit;
  call.status.id = batch.status.id;
  call.listing = true;
  BR_RETURN_IF_ERROR(perform(&br_provider_vtbl::list, "list", &call));
  return std::move(call.listed);
}

Result<void> ExternalCallbacks::fetch(const RemoteBatch& batch, const BytesSink& sink) const {
  br_provider_call call;
  call.batch = &batch;
  call.write = sink;
  return perform(&br_provider_vtbl::fetch, "fetch", &call);
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
  BR_RETURN_IF_ERROR(name);
  if (vtbl->submit == nullptr || vtbl->poll == nullptr || vtbl->fetch == nullptr)
    return invalid("the provider \"" + *name + "\" lacks submit, poll or fetch", "give all three");
  auto abilities = read_abilities(vtbl->capabilities);
  BR_RETURN_IF_ERROR(abilities);
  auto binding = std::make_shared<Binding>(*vtbl, user_data, std::move(owner));
  auto provider = std::make_unique<Provider>(std::make_unique<ExternalDialect>(*name, std::move(*abilities), binding),
                                             std::make_unique<ExternalCallbacks>(*name, binding));
  if (auto registered = register_provider(std::move(provider), binding); !registered) return registered;
  binding->live = true;
  return {};
}

}  // namespace br
