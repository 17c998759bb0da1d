// Making br_job handles, and what their snapshots tell.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "abi/handles.h"

namespace br {

Result<std::unique_ptr<br_job>> make_job_handle(const std::shared_ptr<Router>& router, const std::string& id);

std::string job_json(const JobView& view);
// The first error of any part, blocked parts first; nullptr if there is none.
const Error* error_of(const Job& job);
std::int64_t submitted_ms(const Job& job);
std::int64_t expires_ms(const Job& job);
std::int32_t submission_of(const Job& job);

}  // namespace br
