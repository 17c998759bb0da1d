#include "model/result.h"

namespace br {

const char* result_status_name(ResultStatus status) {
  switch (status) {
    case ResultStatus::succeeded:
      return "succeeded";
    case ResultStatus::errored:
      return "errored";
    case ResultStatus::cancelled:
      return "cancelled";
    case ResultStatus::expired:
      return "expired";
  }
  return "errored";
}

}  // namespace br
