#pragma once

#include <string>
#include <string_view>

#include "emulator/batches/faults.h"
#include "emulator/http/exchange.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {

// What a fault of a listing makes of the request before the vendor sees it: a small page, or the first one again.
void bend_list_request(const Fault& fault, std::string_view vendor, RequestHead& head);

// What it makes of the answer: an entry that nobody can read, an empty page, more pages without end. Answers that hold
// no list in JSON stay as they are.
void damage_list(const Fault& fault, std::string_view vendor, const RequestHead& head, Reply& reply);

}  // namespace br::emulator
