#include "net/crypto.h"

#include <openssl/crypto.h>

namespace br {

void init_crypto() { OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr); }

}  // namespace br
