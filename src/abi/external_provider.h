// An external provider: the table of br_registry_register as a Provider.
#pragma once

#include "batchrouter.h"
#include "model/error.h"

namespace br {

// destroy runs once: when the provider is unregistered and nobody uses it any more, or at once when this fails.
// Code::invalid_argument: the table is not right; Code::already: the name is taken.
Result<void> register_external_provider(const br_provider_vtbl* vtbl, void* user_data, br_destroy_fn destroy);

}  // namespace br
