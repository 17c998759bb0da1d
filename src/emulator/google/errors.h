#pragma once

#include "emulator/vendor/vendor.h"

namespace br::emulator {

// google.rpc.Status as Google's APIs send it, in the words of the status.
Reply google_refusal(const ApiError& error);

}  // namespace br::emulator
