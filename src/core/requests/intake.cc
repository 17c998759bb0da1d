#include "core/requests/intake.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "codec/jsonl.h"
#include "codec/request_reader.h"
#include "core/requests/converted_ids.h"
#include "core/requests/foreign_line.h"
#include "core/requests/id_table.h"
#include "core/requests/model_file.h"
#include "core/requests/source_reader.h"
#include "core/requests/wrong_lines.h"
#include "core/route.h"
#include "providers/registry.h"
#include "providers/shared/line_check.h"

namespace br {
namespace {

constexpr std::size_t kMaxWarnings = 20;

// What a provider's encoder and the packer go by.
struct Settings {
  const Provider* provider;
  Account account;
  Capability limits;
};

// What a vendor's line says beside what its batches need comes out of convert, and does not go to the vendor.
void drop_line_notes(Request* request) {
  std::erase_if(request->line_fields, [](const auto& field) {
    return field.first == "\"method\"" || field.first == "\"url\"" || field.first == "\"model\"";
  });
}

class Intake {
 public:
  Intake(const World& world, const Config& config, const BatchSpec& spec, RequestSink* sink, IdTable* all_ids,
         std::string_view id_tag)
      : files_(world.files),
        config_(config),
        spec_(spec),
        sink_(sink),
        id_tag_(id_tag),
        ids_(world.random->next()),
        all_ids_(all_ids),
        wrong_(world.files, spec.sources) {
    first_id_ = all_ids == nullptr ? 0 : all_ids->size();
    max_line_ = static_cast<std::size_t>(config.integer("limits.max_line_bytes"));
    default_model_ = config.get("default_model");
    reader_.set_default_model(default_model_);
    options_.drop_unsupported = config.get("on_unsupported") == "drop";
    options_.default_max_tokens = config.integer("default_max_tokens");
  }

  Result<void> prepare(const Config& config);
  Result<IntakeReport> run();

 private:
  Result<void> read_source(const RequestSource& source);
  Result<void> take_line(const RequestSource& source, Line* line);
  std::vector<std::string>* warnings() { return report_.warnings.size() < kMaxWarnings ? &report_.warnings : nullptr; }
  void place_warnings(const RequestSource& source, const Line& line, std::size_t from);
  bool encode(const Provider& provider, const RequestSource& source, const Line& line, std::string_view id,
              std::string* out);
  const Provider* provider_of(const RequestSource& source, const Line& line);
  void use(const Provider& provider);
  bool converts() const { return sink_ != nullptr && sink_->keeps_ids(); }
  void put_wire_id(const Provider& provider);
  void name_request();
  void wrong(const RequestSource& source, const Line& line, const Issue& issue) {
    wrong_.add({rows_, source.name, line.number}, issue);
  }

  FileSystem* files_;
  const Config& config_;
  const BatchSpec& spec_;
  RequestSink* sink_;
  const std::string_view id_tag_;
  Routes routes_;
  Destination fallback_, own_;  // the batch's, and that of the newest line with a provider of its own
  std::string named_, account_;
  std::shared_ptr<const ModelTable> models_;
  std::optional<ModelLookup> model_lookup_;
  EncodeOptions options_;
  std::vector<std::unique_ptr<Settings>> settings_;
  const Settings* in_force_ = nullptr;
  std::size_t max_line_ = 0;
  RequestReader reader_;
  std::string default_model_;
  ForeignLine foreign_;
  Request request_;
  std::string native_, wire_id_, wire_id_json_, own_id_, own_id_json_;
  ConvertedIds converted_ids_;
  IdTable ids_;
  IdTable* all_ids_;
  std::size_t first_id_ = 0;
  IntakeReport report_;
  WrongLines wrong_;
  std::uint64_t rows_ = 0;
};

Result<void> Intake::prepare(const Config& config) {
  auto routes = Routes::parse(config.get("routes"));
  BR_RETURN_IF_ERROR(routes);
  routes_ = std::move(*routes);
  auto models = load_models(files_, config);
  BR_RETURN_IF_ERROR(models);
  models_ = std::move(*models);
  options_.models = &model_lookup_.emplace(*models_);
  fallback_ = read_destination(spec_.provider);
  return {};
}

Result<void> Intake::read_source(const RequestSource& source) {
  SourceReader reader;
  BR_RETURN_IF_ERROR(reader.open(files_, source));
  wrong_.begin_source(rows_);
  LineReader lines([&reader](char* buffer, std::size_t capacity) { return reader.read(buffer, capacity); }, max_line_);
  Line line;
  for (;;) {
    auto more = lines.next(&line);
    const FileForm& form = reader.form();
    if (!more && form.what.empty()) {
      if (more.error().code == Code::input) more.error().message = source.name + ": " + more.error().message;
      return std::move(more.error());
    }
    if (!form.what.empty()) return Error(Code::input, source.name + ": the file " + form.what, form.cure);
    if (!*more) break;
    ++rows_;
    if (std::string_view(line.data, line.size).find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (auto taken = take_line(source, &line); !taken) return taken;
  }
  return {};
}

// A line's own provider wins, then the rules, then the batch's. nullptr: there is none of that name, which is noted.
const Provider* Intake::provider_of(const RequestSource& source, const Line& line) {
  const Destination* route = nullptr;
  if (!request_.provider.empty()) {
    if (named_ != request_.provider) {
      named_ = request_.provider;
      own_ = read_destination(named_);
    }
    route = &own_;
  } else if (route = routes_.find(request_.model); route == nullptr) {
    route = &fallback_;
  }
  account_ = route->account;
  for (const Provider* known : report_.providers) {
    if (known->name() == route->provider) return known;
  }
  const Provider* provider = route->provider.empty() ? nullptr : find_provider(route->provider);
  if (provider != nullptr)
    report_.providers.push_back(provider);
  else
    wrong_.add_missing_provider({rows_, source.name, line.number}, request_, route->provider);
  return provider;
}

// The settings of the provider, and of the key that account_ names.
void Intake::use(const Provider& provider) {
  if (in_force_ != nullptr && in_force_->provider == &provider && in_force_->account.slot == account_) return;
  const auto found = std::find_if(settings_.begin(), settings_.end(), [&](const auto& known) {
    return known->provider == &provider && known->account.slot == account_;
  });
  if (found != settings_.end()) {
    in_force_ = found->get();
  } else {
    Account account = provider_settings(config_, provider, account_);
    Capability limits = provider.dialect().limits(account);
    settings_.push_back(std::make_unique<Settings>(Settings{&provider, std::move(account), std::move(limits)}));
    in_force_ = settings_.back().get();
  }
  options_.account = &in_force_->account;
}

void Intake::put_wire_id(const Provider& provider) {
  wire_id_ = converts() ? converted_ids_.choose(provider.dialect(), request_, rows_)
                        : provider.dialect().wire_id(request_.custom_id, rows_, id_tag_);
  if (wire_id_.empty()) return;
  wire_id_json_ = "\"" + wire_id_ + "\"";
  request_.custom_id = wire_id_;
  request_.custom_id_json = wire_id_json_;
}

// Vertex AI's and Bedrock's own lines may have no id: it is the number of the line.
void Intake::name_request() {
  own_id_ = "line-" + std::to_string(rows_);
  own_id_json_ = "\"" + own_id_ + "\"";
  request_.custom_id = own_id_;
  request_.custom_id_json = own_id_json_;
}

void Intake::place_warnings(const RequestSource& source, const Line& line, std::size_t from) {
  for (std::size_t i = from; i < report_.warnings.size(); ++i)
    report_.warnings[i] = source.name + ":" + std::to_string(line.number) + ": " + report_.warnings[i];
}

Result<void> Intake::take_line(const RequestSource& source, Line* line) {
  ++report_.requests;
  Issue issue;
  if (!reader_.read(line->data, line->size, &request_, &issue)) {
    wrong(source, *line, issue);
    return {};
  }
  if (request_.custom_id_json.empty()) name_request();
  ids_.add(request_.custom_id, static_cast<std::uint32_t>(rows_));
  if (all_ids_ != nullptr) all_ids_->add(request_.custom_id, static_cast<std::uint32_t>(first_id_ + rows_));
  const Provider* provider = provider_of(source, *line);
  if (provider == nullptr) return {};
  use(*provider);
  const std::size_t warned = report_.warnings.size();
  if (!foreign_.translate(in_force_->limits, options_, default_model_, &request_, &issue, warnings())) {
    wrong(source, *line, issue);
    return {};
  }
  place_warnings(source, *line, warned);
  if (!converts()) drop_line_notes(&request_);
  const std::string_view id = request_.custom_id, id_json = request_.custom_id_json;
  if (!check_line(in_force_->limits, &request_, &issue)) {
    foreign_.settle(&issue);
    wrong(source, *line, issue);
    return {};
  }
  put_wire_id(*provider);
  std::string* const lent = sink_ == nullptr ? nullptr : sink_->buffer();
  if (lent == nullptr) native_.clear();
  std::string* const out = lent == nullptr ? &native_ : lent;
  const std::size_t before = out->size();
  if (!encode(*provider, source, *line, id, out) || wrong_.any() || sink_ == nullptr) {
    out->resize(before);
    return {};
  }
  const std::string_view native = std::string_view(*out).substr(before);
  return sink_->add(
      *provider, {request_, id_json, wire_id_, account_, rows_, {line->data, line->size}, native, in_force_->limits,
                 in_force_->limits.max_batch_inputs > 0 && request_.endpoint == Endpoint::embeddings
                     ? count_inputs(request_) : 0});
}

// Appends the vendor's line; false where the request is none of this vendor's, which is noted.
bool Intake::encode(const Provider& provider, const RequestSource& source, const Line& line, std::string_view id,
                    std::string* out) {
  Issue issue;
  const std::size_t before = out->size();
  const std::size_t warned = report_.warnings.size();
  if (!provider.dialect().encode(request_, options_, out, &issue, warnings())) {
    foreign_.settle(&issue);
    issue.custom_id = id;
    wrong(source, line, issue);
    return false;
  }
  foreign_.settle(&report_.warnings, warned);
  place_warnings(source, line, warned);
  const auto size = static_cast<std::int64_t>(out->size() - before);
  const std::int64_t limit = in_force_->limits.max_line_bytes;
  if (limit <= 0 || size <= limit) return true;
  wrong(source, line,
        {1, std::string(id), "",
         "the request has " + std::to_string(size) + " bytes; " + std::string(provider.name()) + " takes " +
             std::to_string(limit) + " in one; shorten it"});
  return false;
}

Result<IntakeReport> Intake::run() {
  for (const RequestSource& source : spec_.sources) {
    BR_RETURN_IF_ERROR(read_source(source));
  }
  wrong_.add_duplicates(ids_);
  if (report_.requests == 0) {
    const std::string name = spec_.sources.empty() ? "the batch" : spec_.sources.front().name;
    return Error(Code::input, name + ": no requests", "give at least one line with a request");
  }
  if (wrong_.any()) return wrong_.report();
  return std::move(report_);
}

}  // namespace

Result<IntakeReport> read_requests(const World& world, const Config& config, const BatchSpec& spec, RequestSink* sink,
                                   IdTable* all_ids, std::string_view id_tag) {
  Intake intake(world, config, spec, sink, all_ids, id_tag);
  BR_RETURN_IF_ERROR(intake.prepare(config));
  return intake.run();
}

}  // namespace br
