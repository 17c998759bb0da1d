// The files and batches calls of OpenAI, shared by every vendor that copied them: a table of differences and the
// translation of each operation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "providers/provider.h"

namespace br {

// Where a vendor's calls differ from OpenAI's.
struct OpenAiCalls {
  std::string_view files_path = "/files";
  std::string_view upload_path = "/files";
  std::string_view batches_path = "/batches";
  std::string_view purpose = "batch";
  bool metadata = true;
  bool completion_window = true;
};

Result<Step> advance_openai(const OpenAiCalls& calls, Op op, const OpContext& context, const HttpResponse* last);
std::vector<Download> openai_downloads(const OpenAiCalls& calls, const Account& account, const RemoteBatch& batch);

// The address of an endpoint as it stands in lines and create calls: "/v1/chat/completions".
std::string_view openai_endpoint_url(Endpoint endpoint);

}  // namespace br
