// Provider: a vendor, put together of its Dialect and of exactly one way of talking to it: its HTTP API, a program on
// this machine, or functions of the caller's.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "providers/callbacks.h"
#include "providers/dialect.h"
#include "providers/http_api.h"
#include "providers/local_program.h"

namespace br {

class Provider {
 public:
  using Way = std::variant<std::unique_ptr<const HttpApi>, std::unique_ptr<const LocalProgram>,
                           std::unique_ptr<const Callbacks>>;
  Provider(std::unique_ptr<const Dialect> dialect, Way way) : dialect_(std::move(dialect)), way_(std::move(way)) {}

  const Dialect& dialect() const { return *dialect_; }
  std::string_view name() const { return dialect_->name(); }
  const Capability& capability() const { return dialect_->capability(); }
  std::span<const Property> properties() const { return dialect_->properties(); }

  // Exactly one of them is not nullptr.
  const HttpApi* http() const { return get<HttpApi>(); }
  const LocalProgram* local_program() const { return get<LocalProgram>(); }
  const Callbacks* callbacks() const { return get<Callbacks>(); }

 private:
  template <class T>
  const T* get() const {
    const auto* held = std::get_if<std::unique_ptr<const T>>(&way_);
    return held == nullptr ? nullptr : held->get();
  }

  const std::unique_ptr<const Dialect> dialect_;
  const Way way_;
};

// What of an account must never be shown: keys, tokens, and what a file of credentials holds of them.
std::vector<std::string> secrets_of(const Provider& provider, const Account& account);

}  // namespace br
