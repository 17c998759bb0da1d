// Making br_job handles.
#pragma once

#include <memory>
#include <string>

#include "abi/handles.h"

namespace br {

Result<std::unique_ptr<br_job>> make_job_handle(const std::shared_ptr<Router>& router, const std::string& id);

}  // namespace br
