#include "core/engine/driver.h"

#include <utility>

#include "core/engine/callback_driver.h"
#include "core/engine/http_driver.h"
#include "core/engine/local_driver.h"

namespace br {

std::shared_ptr<Driver> make_driver(PartContext context) {
  if (context.provider->http() != nullptr) return std::make_shared<HttpDriver>(std::move(context));
  if (context.provider->local_program() != nullptr) return std::make_shared<LocalDriver>(std::move(context));
  return std::make_shared<CallbackDriver>(std::move(context));
}

}  // namespace br
