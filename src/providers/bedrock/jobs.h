// Bedrock's model invocation jobs: request files in S3, jobs, results in S3.
#pragma once

#include <string_view>
#include <vector>

#include "providers/provider.h"

namespace br {

Result<Step> advance_bedrock(Op op, const OpContext& context, const HttpResponse* last);
std::vector<Download> bedrock_downloads(const Account& account, const RemoteBatch& batch);
Result<Page> read_bedrock_page(const Account& account, const RemoteBatch& batch, const HttpResponse& response);
// Whether the address is one of Bedrock's own, not one of S3.
bool is_bedrock_call(const Account& account, std::string_view url);

}  // namespace br
