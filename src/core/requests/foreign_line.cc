#include "core/requests/foreign_line.h"

#include <utility>

#include "providers/shared/line_check.h"

namespace br {

bool ForeignLine::translate(const Capability& vendor, const EncodeOptions& options, std::string_view default_model,
                            Request* request, Issue* issue, std::vector<std::string>* warnings) {
  translated_ = !takes_body(vendor, *request);
  if (!translated_) return true;
  const TranslationTarget target{vendor.title, vendor.line_form, options.drop_unsupported, default_model};
  std::swap(*request, as_given_);
  if (!translator_.translate(as_given_, target, request, issue, warnings)) return false;
  request->provider = as_given_.provider;
  return true;
}

void ForeignLine::settle(std::vector<std::string>* warnings, std::size_t from) const {
  for (std::size_t i = from; translated_ && i < warnings->size(); ++i) translator_.settle(&(*warnings)[i]);
}

}  // namespace br
