#include "core/requests/conversion.h"

#include <string>
#include <utility>

#include "core/requests/batch_options.h"
#include "core/requests/pack.h"

namespace br {
namespace {

constexpr std::size_t kWriteBlock = std::size_t{128} << 10;  // stays in the cache

// Hands converted lines on in large pieces.
class BlockSink : public RequestSink {
 public:
  explicit BlockSink(const WriteBlock& write) : write_(write) {}
  std::string* buffer() override { return &buffer_; }
  bool keeps_ids() const override { return true; }
  Result<void> add(const Provider&, const EncodedRequest&) override {
    return buffer_.size() < kWriteBlock ? Result<void>() : flush();
  }
  Result<void> flush() {
    if (buffer_.empty()) return {};
    auto written = write_(buffer_);
    buffer_.clear();
    return written;
  }

 private:
  const WriteBlock& write_;
  std::string buffer_;
};

// The batches as a submission would cut them, counted and not written.
Result<std::vector<RemoteBatch>> count_batches(const World& world, const Config& config, const BatchSpec& spec) {
  PackPlan plan;
  plan.split = config.get("split") == "auto";
  plan.default_max_tokens = config.integer("default_max_tokens");
  plan.canary = config.integer("canary");
  Packer packer(std::move(plan));
  BR_RETURN_IF_ERROR(read_requests(world, config, spec, &packer));
  return packer.finish();
}

}  // namespace

Result<void> validate_batch(const World& world, const Config& router, const BatchSpec& spec) {
  auto config = config_for_batch(router, spec);
  BR_RETURN_IF_ERROR(config);
  auto counted = count_batches(world, *config, spec);
  BR_RETURN_IF_ERROR(counted);
  return {};
}

Result<void> convert_batch(const World& world, const Config& router, const BatchSpec& spec, const WriteBlock& write) {
  auto config = config_for_batch(router, spec);
  BR_RETURN_IF_ERROR(config);
  BlockSink sink(write);
  BR_RETURN_IF_ERROR(read_requests(world, *config, spec, &sink));
  return sink.flush();
}

Result<Estimate> plan_batch(const World& world, const Config& router, const BatchSpec& spec) {
  auto config = config_for_batch(router, spec);
  BR_RETURN_IF_ERROR(config);
  auto batches = count_batches(world, *config, spec);
  BR_RETURN_IF_ERROR(batches);
  return make_estimate(world, *config, *batches);
}

}  // namespace br
