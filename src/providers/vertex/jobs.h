// Vertex AI's batch prediction jobs: request files in Cloud Storage, jobs, results in Cloud Storage.
#pragma once

#include <vector>

#include "providers/provider.h"

namespace br {

Result<Step> advance_vertex(Op op, const OpContext& context, const HttpResponse* last);
std::vector<Download> vertex_downloads(const Account& account, const RemoteBatch& batch);
Result<Page> read_vertex_page(const Account& account, const RemoteBatch& batch, const HttpResponse& response);

}  // namespace br
