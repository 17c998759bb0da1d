// Judge: whether a finished history kept what was promised. It knows what people asked, what they got, and what the vendor
// did; of the product it knows nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "world/cloud.h"
#include "world/disk.h"
#include "world/wire.h"
#include "world/work.h"

namespace br::world {

// A promise that was broken.
struct Breach {
  std::string rule, what;
};

struct Facts {
  const std::vector<Task>* tasks;
  const Cloud* cloud;
  const Repeats* repeats;
  const Disk* disk;
};

inline constexpr const char* kRightKey = "sk-world-1f6c0c2b7e";
inline constexpr const char* kOtherKey = "sk-world-9d44aa0e51";

std::optional<Breach> judge_world(const Facts& facts);

}  // namespace br::world
