// The header alone, as C++11 with C linkage.
#include <batchrouter.h>

extern "C" {
br_status (*use)(br_router*, int64_t, br_error**) = br_poll;
}
