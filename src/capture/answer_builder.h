// The HTTP answer of a call, as its caller gets it: the vendor's body, or the stream that was asked for.
#pragma once

#include "capture/answer_queue.h"
#include "capture/call_files.h"
#include "capture/http_call.h"

namespace br {

TakenAnswer build_answer(ReadyAnswer ready, const CallFiles& files);

}  // namespace br
