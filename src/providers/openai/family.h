// A vendor that copied OpenAI's batch API, as a table of differences; and the dialect that the table makes.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "providers/openai/batches.h"
#include "providers/openai/lines.h"
#include "providers/provider.h"

namespace br {

inline constexpr std::array<BatchHeader, 2> kOpenAiBatchHeaders = {
    {{"openai-organization", "organization"}, {"openai-project", "project"}}};
inline constexpr CaptureRules kOpenAiCapture = {AnswerForm::openai, "", "", kOpenAiBatchHeaders};

struct OpenAiVendor {
  std::string_view name;
  Capability capability;
  std::span<const Property> properties;
  OpenAiCalls calls;
  OpenAiLines lines;
  OpenAiRows rows;
};

class OpenAiFamilyDialect : public Dialect {
 public:
  explicit OpenAiFamilyDialect(OpenAiVendor vendor) : v_(std::move(vendor)) {}
  std::string_view name() const override { return v_.name; }
  const Capability& capability() const override { return v_.capability; }
  std::span<const Property> properties() const override { return v_.properties; }

  bool encode(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
              std::vector<std::string>* warnings) const override {
    return encode_openai_line(v_.lines, request, options, out, issue, warnings);
  }
  std::unique_ptr<RowReader> row_reader() const override { return make_openai_row_reader(v_.rows); }
  const CaptureRules* capture_rules() const override { return v_.capability.local ? nullptr : &kOpenAiCapture; }

 protected:
  const OpenAiVendor v_;
};

// The provider of a vendor whose table says all. Where it does not, D or A is a class of the vendor's own, made of the
// table.
template <class D = OpenAiFamilyDialect, class A = OpenAiHttpApi>
std::unique_ptr<Provider> make_openai_family_provider(const OpenAiVendor& vendor) {
  return std::make_unique<Provider>(std::make_unique<D>(vendor), std::make_unique<A>(vendor.calls));
}

}  // namespace br
