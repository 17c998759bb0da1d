// Making and refreshing br_job handles.
#pragma once

#include <memory>
#include <string>

#include "abi/handles.h"

namespace br {

void set_job_view(br_job* job, JobView view);
Result<std::unique_ptr<br_job>> make_job_handle(const std::shared_ptr<Router>& router, const std::string& id);
std::string job_json(const JobView& view);

}  // namespace br
