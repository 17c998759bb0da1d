// OpenAiFamilyProvider: a vendor that copied OpenAI's batch API, as a table of differences.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "providers/openai/batches.h"
#include "providers/openai/dialect.h"

namespace br {

struct OpenAiVendor {
  std::string_view name;
  Capability capability;
  std::span<const Property> properties;
  OpenAiCalls calls;
  OpenAiDialect dialect;
  OpenAiRows rows;
};

class OpenAiFamilyProvider : public Provider {
 public:
  explicit OpenAiFamilyProvider(OpenAiVendor vendor) : v_(std::move(vendor)) {}
  std::string_view name() const override { return v_.name; }
  const Capability& capability() const override { return v_.capability; }
  std::span<const Property> properties() const override { return v_.properties; }

  bool encode(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
              std::vector<std::string>* warnings) const override {
    return encode_openai_line(v_.dialect, request, options, out, issue, warnings);
  }
  Result<Step> advance(Op op, const OpContext& context, const HttpResponse* last) const override {
    return advance_openai(v_.calls, op, context, last);
  }
  std::vector<Download> downloads(const Account& account, const RemoteBatch& batch) const override {
    return openai_downloads(v_.calls, account, batch);
  }
  std::unique_ptr<RowReader> row_reader() const override { return make_openai_row_reader(v_.rows); }

 protected:
  const OpenAiVendor v_;
};

}  // namespace br
