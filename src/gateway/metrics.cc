#include "gateway/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace br::gateway {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string label_text(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels)
    fmt::format_to(std::back_inserter(out), "{}{}=\"{}\"", out.empty() ? '{' : ',', name, escaped(value));
  return out.empty() ? out : out + '}';
}

class MetricsWriter {
 public:
  // Its samples follow, without another family between them.
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    fmt::format_to(std::back_inserter(out_), "# HELP batchrouter_{0} {1}\n# TYPE batchrouter_{0} {2}\n", name, help,
                   type);
  }
  template <typename Number>
  void sample(Number value, const Labels& labels = {}) {
    fmt::format_to(std::back_inserter(out_), "batchrouter_{}{} {}\n", name_, label_text(labels), value);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string_view name_;
  std::string out_;
};

// Batches of one kind. Several may be under way, but a sample is there once.
struct BatchKind {
  int64_t batches = 0, succeeded = 0, errored = 0, pending = 0;
};

void write_requests(const Stats& stats, MetricsWriter* out) {
  out->family("held_requests", "gauge", "Callers that wait for an answer.");
  out->sample(stats.held);
  out->family("queued_requests", "gauge", "Requests that are in no submitted batch yet.");
  out->sample(stats.queued);
  out->family("requests_total", "counter",
              "Requests that were taken for batches, those answered from the cache included.");
  out->sample(stats.requests);
  out->family("answers_total", "counter", "Answers of batches that were given to callers.");
  out->sample(stats.answered);
  out->family("cache_hits_total", "counter", "Requests that were answered by an earlier answer.");
  out->sample(stats.cache_hits);
  out->family("errors_total", "counter", "Requests whose answer is an error.");
  out->sample(stats.errors);
  out->family("billed_rows_total", "counter", "Rows of batches that the vendors answered, and are paid for.");
  out->sample(stats.billed);
  out->family("saved_usd_total", "counter", "US dollars that the batches cost less than the same requests one by one.");
  out->sample(stats.saved_usd);
}

void write_batches(const Stats& stats, MetricsWriter* out) {
  std::map<std::array<std::string, 4>, BatchKind> kinds;
  int64_t waiting = 0;
  for (const BatchStats& batch : stats.batches) {
    BatchKind& kind = kinds[{batch.provider, batch.endpoint, batch.model, batch.state}];
    ++kind.batches;
    kind.succeeded += batch.succeeded;
    kind.errored += batch.errored;
    kind.pending += std::max<int64_t>(0, batch.total - batch.succeeded - batch.errored);
    waiting += batch.waits_for_key ? 1 : 0;
  }
  const auto labels = [](const std::array<std::string, 4>& key) {
    return Labels{{"provider", key[0]}, {"endpoint", key[1]}, {"model", key[2]}, {"state", key[3]}};
  };
  out->family("batches", "gauge", "Batches that wait or run.");
  for (const auto& [key, kind] : kinds) out->sample(kind.batches, labels(key));
  out->family("batch_requests", "gauge", "Requests of the batches that wait or run, by what became of them.");
  for (const auto& [key, kind] : kinds) {
    for (const auto& [outcome, number] :
         {std::pair{"succeeded", kind.succeeded}, {"errored", kind.errored}, {"pending", kind.pending}}) {
      Labels all = labels(key);
      all.emplace_back("outcome", outcome);
      out->sample(number, all);
    }
  }
  out->family("batches_waiting_for_key", "gauge", "Batches that go on when a request brings their key.");
  out->sample(waiting);
}

}  // namespace

std::string metrics_text(const Stats& stats, size_t connections, std::string_view version) {
  MetricsWriter out;
  out.family("build_info", "gauge", "Always 1; the version is a label.");
  out.sample(1, {{"version", std::string(version)}});
  out.family("connections", "gauge", "Open connections of clients.");
  out.sample(connections);
  write_requests(stats, &out);
  write_batches(stats, &out);
  return out.take();
}

}  // namespace br::gateway
