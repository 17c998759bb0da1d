/* The header alone, as pedantic C99. */
#include <batchrouter.h>
/* A second time does no harm. */
#include <batchrouter.h>

br_status (*use)(br_router *, int64_t, br_error **) = br_poll;
