// What a snapshot of a job tells, in words, numbers and JSON.
#pragma once

#include <cstdint>
#include <string>

#include "core/router/job_views.h"

namespace br {

std::string job_json(const JobView& view);
// The first error of any part, blocked parts first; nullptr if there is none.
const Error* error_of(const Job& job);
// Times of BR_TIME_…; -1: not known.
std::int64_t created_ms(const Job& job);
std::int64_t submitted_ms(const Job& job);
std::int64_t completed_ms(const Job& job);
std::int64_t expires_ms(const Job& job);
// A BR_SUBMITTED, BR_NOT_SUBMITTED or BR_POSSIBLY_SUBMITTED.
std::int32_t submission_of(const Job& job);

}  // namespace br
