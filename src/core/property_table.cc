#include "core/property_table.h"

#include "providers/registry.h"

namespace br {
namespace {

using Kind = PropertyInfo::Kind;
using Scope = PropertyInfo::Scope;

constexpr std::int64_t kDay = 86'400'000;

PropertyInfo text(std::string name, std::string value, std::string doc) {
  return {std::move(name), std::move(value), Kind::text, 0, 0, "", "", std::move(doc), Scope::any};
}
PropertyInfo integer(std::string name, std::int64_t value, std::int64_t least, std::int64_t most, std::string doc) {
  return {std::move(name), std::to_string(value), Kind::integer, least, most, "", "", std::move(doc), Scope::any};
}
PropertyInfo boolean(std::string name, bool value, std::string doc) {
  return {std::move(name), value ? "1" : "0", Kind::boolean, 0, 0, "", "", std::move(doc), Scope::any};
}
PropertyInfo choice(std::string name, std::string value, std::string choices, std::string doc) {
  return {std::move(name), std::move(value), Kind::choice, 0, 0, std::move(choices), "", std::move(doc), Scope::any};
}

PropertyInfo of_router(PropertyInfo info) {
  info.scope = Scope::router;
  return info;
}
PropertyInfo of_batch(PropertyInfo info) {
  info.scope = Scope::batch;
  return info;
}
PropertyInfo from(std::string environment, PropertyInfo info) {
  info.environment = std::move(environment);
  return info;
}

void add_provider_properties(const Provider& provider, std::vector<PropertyInfo>* table) {
  for (const Property& property : provider.properties()) {
    PropertyInfo info;
    info.name = std::string(provider.name()) + "." + property.name;
    info.default_value = property.default_value;
    info.kind = property.secret ? Kind::secret : Kind::text;
    info.environment = property.environment == nullptr ? "" : property.environment;
    info.doc = property.doc;
    table->push_back(std::move(info));
  }
}

std::vector<PropertyInfo> network_properties() {
  return {
      integer("retry.base_ms", 500, 1, kDay, "The first upper bound of the random wait before a call is made again."),
      integer("retry.cap_ms", 60'000, 1, kDay, "The bound doubles up to this."),
      integer("retry.max_attempts", 8, 1, 1'000'000,
              "Calls before acceptance that fail so often in a row block the job until br_resume."),
      of_router(integer("http.connect_timeout_ms", 30'000, 1, kDay, "How long to wait for a connection.")),
      of_router(integer(
          "http.stall_timeout_ms", 60'000, 1000, kDay,
          "A call that moves no byte for so long is broken, and one that moves less than 1 KiB a second over it.")),
      of_router(integer("http.call_timeout_ms", 600'000, 1000, kDay,
                        "How long a call may take in all that brings no file up and no results down.")),
      of_router(integer("transfers.per_account", 3, 1, 64,
                        "Files that go up or come down at a time for one account of a vendor; the others wait, and no "
                        "other account.")),
      of_router(from(
          "CURL_CA_BUNDLE,SSL_CERT_FILE",
          text("http.ca_file", "",
               "PEM file of trusted certificates; empty: the system's. Of both variables both files are trusted."))),
      of_router(from("SSL_CERT_DIR",
                     text("http.ca_directory", "", "Directory of trusted certificates, as c_rehash makes it."))),
  };
}

// In brackets the names that batchling has for them.
std::vector<PropertyInfo> capture_properties() {
  return {
      of_router(
          integer("capture.window_ms", 2000, 0, kDay,
                  "How long a batch of captured calls takes calls in, from its first one on (batch_window_seconds).")),
      of_router(
          integer("capture.max_requests", 50, 0, 1'000'000,
                  "Calls in one batch of captured calls (batch_size); 0: as many as the vendor takes. The gateway and "
                  "exec take 0: the programs behind them wait for hours, not for a window.")),
      of_router(integer("capture.max_bytes", 0, 0, 1LL << 40,
                        "Bytes of one batch of captured calls; 0: as many as the vendor takes, at most 100 MiB.")),
      of_router(integer("capture.max_batches", 50, 1, 1'000'000,
                        "Batches of captured calls that are under way at a time; more wait on disk.")),
      of_router(integer("capture.poll_interval_ms", 10'000, 1, kDay,
                        "The wait between two status calls for such a batch (batch_poll_interval_seconds).")),
      of_router(text("capture.completion_window", "",
                     "The window that vendors which have several are asked for, such as 24h or 1h; empty: as for other "
                     "batches.")),
      of_router(
          choice("capture.cache", "hit", "hit|once|off",
                 "What a call gets that was answered before. hit: that answer. once: each answer serves once while "
                 "the capture is open. off: it is asked again.")),
      of_router(integer("capture.retention_ms", 30 * kDay, 0, 3650 * kDay,
                        "How long answers are kept for that (retention).")),
      of_router(integer("capture.replay_ms", 900'000, 0, kDay,
                        "How long an answer that was delivered serves its client again that says it asks again.")),
      of_router(boolean("capture.dry_run", false,
                        "Captured calls are grouped and refused with 400; nothing is sent (dry_run).")),
  };
}

std::vector<PropertyInfo> core_properties() {
  std::vector<PropertyInfo> table = {
      of_router(text("state_dir", ".batch_router", "Directory of the state, the spool and the audit files.")),
      of_router(choice("state.mode", "owner", "owner|observer",
                       "owner: take the lock and work on jobs. observer: read only, beside an owner.")),
      of_router(boolean("resume.auto", true, "Go on with every unfinished job when the router opens.")),
      of_router(text(
          "resume.base_url", "",
          "The address that jobs of earlier processes go on with, in place of the one they remember; giving it says "
          "that "
          "the key in force may go there. A job with several vendors or addresses is not moved: giving an address that "
          "some of its parts remember says so for these.")),
      boolean("audit.files", true,
              "Keep generated/<provider>/batch_<id>_{unified,provider,output,results}.jsonl for every remote batch."),
      of_router(integer("timeout_ms", kDay, 1, 365 * kDay,
                        "How long a wait for a job takes unless the call says otherwise.")),
      integer("poll.interval_ms", 60'000, 1, kDay,
              "The first wait between two status calls for a remote batch; at most 1000 for one on this machine."),
      integer("poll.max_interval_ms", 300'000, 1, kDay, "The wait grows to at most this."),
      integer("submit.settle_ms", 900'000, 0, 7 * kDay,
              "How long a possibly submitted batch must stay absent from the vendor's list to count as not submitted."),
      integer("submit.max_attempts", 3, 1, 1'000'000,
              "Create calls of one remote batch in its whole life, the first "
              "included and clear refusals left out; then it is blocked."),
      choice("submit.on_unknown", "resend_when_absent", "resend_when_absent|wait",
             "What follows when absence is proven: send again, or wait for br_resume."),
      choice("submit.on_queue_full", "wait", "wait|fail",
             "What follows when the vendor's queue is full: wait for a slot, or fail the batch."),
      choice("on_unsupported", "error", "error|drop",
             "A field the provider cannot take: refuse the request, or drop the field with a warning."),
      choice("split", "never", "never|auto",
             "A batch over the provider's limits: refuse it, or cut it into several remote batches."),
      of_batch(text("output", "",
                    "Where the caller keeps the results; remembered with the job and told by it, not written to.")),
      of_batch(
          boolean("continue", false,
                  "Go on with the unfinished job that has the same requests and output, instead of making another.")),
      of_batch(
          choice("finished", "", "new|refuse|take",
                 "What follows when a finished job has the same requests: a new job is paid for, BR_EALREADY, or that "
                 "job is given. Empty: a new job.")),
      of_batch(boolean("again", false,
                       "Pay for the requests also where a finished job has them, whatever `finished` says.")),
      integer(
          "canary", 0, 0, 1'000'000,
          "So many requests of each model and endpoint are sent first, as a batch of their own, and the rest only if "
          "none "
          "of them is refused for its form; at least as many as the vendor takes in a batch. 0: all are sent at once."),
      text("routes", "",
           "Where requests go that name no provider, by model: \"gpt-*=openai, claude-*=anthropic@team\"."),
      text("default_model", "", "The model of lines that name none, such as Gemini's, Vertex AI's and Bedrock's own."),
      of_router(choice("id_scope", "batch", "batch|all",
                       "Where a custom_id must be unique: in its batch, or in all batches of one br_submit_many.")),
      text("models.file", "", "A table of what models take in place of the built-in one (docs/models.md)."),
      text("prices.file", "", "A price table in place of the built-in one (docs/prices.md)."),
      text("max_cost_usd", "", "Refuse a batch whose answers may cost more, in US dollars; empty: no limit."),
      integer("default_max_tokens", 1024, 1, 1'000'000'000,
              "max_tokens for vendors that demand one; a budget for thinking is added to it."),
      of_router(boolean("delivery.auto_ack", false, "Count a result as taken when it is handed out.")),
      of_router(
          integer("delivery.ack_interval_ms", 1000, 0, kDay, "How often acknowledgements are saved; 0: at once.")),
      choice("files.delete_remote", "never", "never|input|all",
             "Delete our files at the vendor once every result is acknowledged; closing waits 5 s for it at most."),
      integer("limits.max_line_bytes", 64 << 20, 1024, 1LL << 32, "The longest line that is read."),
  };
  return table;
}

std::vector<PropertyInfo> whole_table() {
  std::vector<PropertyInfo> table = core_properties();
  for (PropertyInfo& property : network_properties()) table.push_back(std::move(property));
  for (PropertyInfo& property : capture_properties()) table.push_back(std::move(property));
  // External providers have no properties.
  for (const Provider* provider : builtin_providers()) add_provider_properties(*provider, &table);
  return table;
}

}  // namespace

const std::vector<PropertyInfo>& property_table() {
  static const auto* table = new std::vector<PropertyInfo>(whole_table());
  return *table;
}

const PropertyInfo* find_property(std::string_view key) {
  std::string plain(key);
  if (const std::size_t at = plain.find('@'); at != std::string::npos) {
    const std::size_t dot = plain.find('.', at);
    if (dot == std::string::npos || dot == at + 1) return nullptr;
    plain.erase(at, dot - at);
  }
  for (const PropertyInfo& info : property_table()) {
    if (info.name == plain) return &info;
  }
  return nullptr;
}

}  // namespace br
