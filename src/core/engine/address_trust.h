// What a state directory remembers may come from anywhere: with a repository, from a colleague. So no key goes to an
// address, and no program is started, for being remembered there. Asked where nobody in this process gave the address.
#pragma once

#include "core/config.h"
#include "model/error.h"
#include "model/job.h"
#include "providers/provider.h"

namespace br {

// A key goes there only where it is known to be the job's, or where the address is this user's own word or the vendor's.
// config: this router's own, without what the job remembers.
Result<void> check_address(const Config& config, const Provider& provider, const RemoteBatch& batch,
                           const Account& account);

// The same for the program of a local run, which would be started as this user. job_config: with what the job remembers.
Result<void> check_program(const Config& config, const Config& job_config, const Provider& provider,
                           const RemoteBatch& batch);

}  // namespace br
