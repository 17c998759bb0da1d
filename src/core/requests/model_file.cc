#include "core/requests/model_file.h"

#include <utility>

namespace br {
namespace {

constexpr std::size_t kMaxTable = std::size_t{16} << 20;

}  // namespace

Result<std::shared_ptr<const ModelTable>> load_models(FileSystem* files, const Config& config) {
  const std::string& path = config.get("models.file");
  if (path.empty()) return std::shared_ptr<const ModelTable>(std::shared_ptr<void>(), &ModelTable::built_in());
  auto text = files->read_whole_file(path, kMaxTable);
  BR_RETURN_IF_ERROR(text);
  auto table = ModelTable::parse(*text, path);
  BR_RETURN_IF_ERROR(table);
  return std::make_shared<const ModelTable>(std::move(*table));
}

}  // namespace br
