// The table of models in force: that of models.file, or the built-in one.
#pragma once

#include <memory>

#include "core/config.h"
#include "providers/shared/models.h"
#include "sys/file_system.h"

namespace br {

// Code::config when the file is no table (docs/models.md).
Result<std::shared_ptr<const ModelTable>> load_models(FileSystem* files, const Config& config);

}  // namespace br
