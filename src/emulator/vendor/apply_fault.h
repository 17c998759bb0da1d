#pragma once

#include "emulator/batches/faults.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {

// Bends what a request would have led to as a scripted fault wants it.
Opening with_fault(const Fault& fault, const Vendor& vendor, const RequestHead& head, World& world, Opening opening);

}  // namespace br::emulator
