// What callers are told when their answer has to wait for something that we cannot do now: 503 and when to ask again.
// The calls themselves stay, and whoever asks again finds them.
#pragma once

#include <string_view>

#include "capture/answer_queue.h"
#include "capture/open_calls.h"
#include "model/captured_call.h"

namespace br {

// Tells everybody who waits for a call of the batch. why: a sentence without its end.
void put_off(const CallBatch& batch, std::string_view why, OpenCalls* open, AnswerQueue* answers);

}  // namespace br
