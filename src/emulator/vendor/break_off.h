#pragma once

#include "emulator/base/ids.h"
#include "emulator/batches/faults.h"
#include "emulator/http/exchange.h"

namespace br::emulator {

// A download that ends after so many bytes, of a server that goes on where a client asks it to (RFC 9110, 14.2), or
// begins again each time.
void break_off(const Fault& fault, const RequestHead& head, Ids& ids, Reply& reply);

}  // namespace br::emulator
