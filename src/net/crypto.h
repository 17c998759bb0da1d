// The door to OpenSSL.
#pragma once

namespace br {

// To be called before anything else uses OpenSSL: it then stays usable while exit() runs, when our threads still do.
void init_crypto();

}  // namespace br
