#include "abi/guard.h"
#include "abi/handles.h"
#include "abi/system_world.h"
#include "abi/text.h"
#include "codec/jsonl.h"
#include "core/requests/batch_options.h"
#include "core/requests/conversion.h"
#include "core/results/decode_file.h"
#include "providers/registry.h"

using br::Error;
using br::guard;
using br::Result;

namespace {

constexpr std::size_t kWriteBlock = std::size_t{128} << 10;

Error stopped() { return Error(br::Code::cancelled, "the write function stopped the work"); }

br::WriteBlock writer_of(br_write_fn write, void* user_data) {
  return [write, user_data](std::string_view block) -> Result<void> {
    if (write(user_data, block.data(), block.size()) == 0) return {};
    return stopped();
  };
}

int64_t sum_of(const br_plan* plan, auto value) {
  int64_t sum = 0;
  if (plan == nullptr) return 0;
  for (const br::PartEstimate& part : plan->estimate.parts) sum += value(part);
  return sum;
}

br::Config settings_of(const br_config* config) { return config == nullptr ? br::Config() : config->config; }

}  // namespace

extern "C" {

br_batch* br_batch_new(const char* provider) {
  if (provider != nullptr && !br::is_utf8(provider)) return nullptr;
  return br::shield<br_batch*>(nullptr, [&] {
    auto batch = std::make_unique<br_batch>();
    if (provider != nullptr) batch->spec.provider = provider;
    return batch.release();
  });
}

void br_batch_free(br_batch* batch) { delete batch; }

br_status br_batch_set_name(br_batch* batch, const char* name, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (batch == nullptr || name == nullptr) return br::null_argument("batch or name");
    BR_RETURN_IF_ERROR(br::check_utf8("name", name));
    batch->spec.name = name;
    return BR_OK;
  });
}

br_status br_batch_set_meta(br_batch* batch, const char* key, const char* value, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (batch == nullptr || key == nullptr || value == nullptr) return br::null_argument("batch, key or value");
    const std::string name = key, text = value;
    BR_RETURN_IF_ERROR(br::check_utf8("the key of metadata", name));
    BR_RETURN_IF_ERROR(br::check_utf8("the value of metadata", text));
    BR_RETURN_IF_ERROR(br::set_batch_metadata(name, text, &batch->spec));
    return BR_OK;
  });
}

br_status br_batch_set(br_batch* batch, const char* key, const char* value, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (batch == nullptr || key == nullptr || value == nullptr) return br::null_argument("batch, key or value");
    const std::string name = key;
    BR_RETURN_IF_ERROR(br::check_utf8("key", name));
    BR_RETURN_IF_ERROR(br::check_utf8("the value of " + name, value));
    BR_RETURN_IF_ERROR(br::set_batch_option(name, value, &batch->spec));
    return BR_OK;
  });
}

br_status br_batch_add(br_batch* batch, br_request* request, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (batch == nullptr || request == nullptr) return br::null_argument("batch or request");
    size_t length = 0;
    const char* json = br_request_json(request, &length);
    if (json == nullptr) throw std::bad_alloc();
    return br_batch_add_jsonl(batch, json, length, nullptr);
  });
}

br_status br_batch_add_jsonl(br_batch* batch, const char* data, size_t length, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (batch == nullptr || data == nullptr) return br::null_argument("batch or data");
    BR_RETURN_IF_ERROR(br::check_size(length, "length"));
    auto& sources = batch->spec.sources;
    if (sources.empty() || !sources.back().path.empty()) sources.push_back({"<memory>", "", ""});
    std::string& text = sources.back().text;
    text.append(data, length);
    if (!text.empty() && text.back() != '\n') text.push_back('\n');
    return BR_OK;
  });
}

br_status br_batch_add_jsonl_file(br_batch* batch, const char* path, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (batch == nullptr || path == nullptr) return br::null_argument("batch or path");
    const std::string name = path;
    // Of a named pipe whoever opens it takes what stands in it.
    br::FileSystem* const files = br::system_world().files;
    if (!files->inspect(name, br::Links::follow).is_pipe) {
      BR_RETURN_IF_ERROR(files->open_read(name));
    }
    batch->spec.sources.push_back({name == "-" ? "<stdin>" : name, name, ""});
    return BR_OK;
  });
}

br_status br_validate(const br_config* config, br_batch* batch, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (batch == nullptr) return br::null_argument("batch");
    BR_RETURN_IF_ERROR(br::validate_batch(br::system_world(), settings_of(config), batch->spec));
    return BR_OK;
  });
}

br_status br_convert(const br_config* config, br_batch* batch, br_write_fn write, void* user_data, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (batch == nullptr || write == nullptr) return br::null_argument("batch or write");
    auto done = br::convert_batch(br::system_world(), settings_of(config), batch->spec, writer_of(write, user_data));
    BR_RETURN_IF_ERROR(done);
    return BR_OK;
  });
}

br_status br_decode_file(const br_config* config, const char* provider, const char* path, br_write_fn write,
                         void* user_data, int64_t* rows, int64_t* failed, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (provider == nullptr || path == nullptr || write == nullptr) return br::null_argument("provider, path or write");
    const br::Provider* known = br::find_provider(provider);
    if (known == nullptr)
      return Error(br::Code::no_provider, std::string("there is no provider \"") + provider + "\"",
                   "this build has: " + br::provider_names());
    const br::Config settings = config == nullptr ? br::Config() : config->config;
    auto file = br::system_world().files->open_read(path);
    BR_RETURN_IF_ERROR(file);
    br::LineReader lines([&file](char* buffer, std::size_t capacity) { return file->read(buffer, capacity); },
                         static_cast<std::size_t>(settings.integer("limits.max_line_bytes")));
    const auto take = [&](std::string_view text) {
      return write(user_data, text.data(), text.size()) == 0 ? Result<void>() : stopped();
    };
    br::DecodedRows decoded;
    auto done = br::decode_results(*known, path, &lines, take, &decoded);
    if (rows != nullptr) *rows = decoded.rows;
    if (failed != nullptr) *failed = decoded.failed;
    BR_RETURN_IF_ERROR(done);
    return BR_OK;
  });
}

br_status br_plan_new(const br_config* config, br_batch* batch, br_plan** plan, br_error** err) {
  if (plan != nullptr) *plan = nullptr;
  return guard(err, [&]() -> Result<br_status> {
    if (batch == nullptr || plan == nullptr) return br::null_argument("batch or plan");
    auto estimate = br::plan_batch(br::system_world(), settings_of(config), batch->spec);
    BR_RETURN_IF_ERROR(estimate);
    auto made = std::make_unique<br_plan>();
    made->estimate = std::move(*estimate);
    made->json = br::estimate_json(made->estimate);
    *plan = made.release();
    return BR_OK;
  });
}

void br_plan_free(br_plan* plan) { delete plan; }

int64_t br_plan_batches(const br_plan* plan) {
  return plan == nullptr ? 0 : static_cast<int64_t>(plan->estimate.parts.size());
}
int64_t br_plan_requests(const br_plan* plan) {
  return sum_of(plan, [](const auto& part) { return part.requests; });
}
int64_t br_plan_bytes(const br_plan* plan) {
  return sum_of(plan, [](const auto& part) { return part.bytes; });
}
int64_t br_plan_input_tokens(const br_plan* plan) {
  return sum_of(plan, [](const auto& part) { return part.tokens.input; });
}
int64_t br_plan_output_tokens_max(const br_plan* plan) {
  return sum_of(plan, [](const auto& part) { return part.tokens.output; });
}
double br_plan_sync_usd(const br_plan* plan) {
  return plan == nullptr || !plan->estimate.cost ? -1 : plan->estimate.cost->sync.usd();
}
double br_plan_batch_usd(const br_plan* plan) {
  return plan == nullptr || !plan->estimate.cost ? -1 : plan->estimate.cost->batch.usd();
}
const char* br_plan_json(const br_plan* plan, size_t* length) {
  if (length != nullptr) *length = plan == nullptr ? 0 : plan->json.size();
  return plan == nullptr ? nullptr : plan->json.c_str();
}

}  // extern "C"
