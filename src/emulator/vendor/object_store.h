#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/base/body_file.h"
#include "emulator/batches/tenancy.h"

namespace br::emulator {

struct StoredObject {
  std::string key;
  std::string content_type;
  int64_t written_ms = 0;
  int64_t generation = 0;
  Tenant tenant;  // who wrote it
  std::shared_ptr<const Blob> blob;
};

// Buckets of a cloud. Every bucket exists, but for those whose names begin with "no-such-".
class ObjectStore {
 public:
  static bool has(std::string_view bucket) { return bucket.substr(0, 8) != "no-such-"; }

  const StoredObject& put(std::string_view bucket, StoredObject object) {
    object.generation = ++generation_;
    return buckets_[std::string(bucket)].insert_or_assign(object.key, object).first->second;
  }

  const StoredObject* find(std::string_view bucket, std::string_view key) const {
    const auto at = buckets_.find(bucket);
    if (at == buckets_.end()) return nullptr;
    const auto object = at->second.find(key);
    return object == at->second.end() ? nullptr : &object->second;
  }

  bool erase(std::string_view bucket, std::string_view key) {
    if (find(bucket, key) == nullptr) return false;
    Bucket& objects = buckets_.find(bucket)->second;
    objects.erase(objects.find(key));
    return true;
  }

  // Those whose keys begin with `prefix` and follow `after`, in their order.
  std::vector<const StoredObject*> list(std::string_view bucket, std::string_view prefix,
                                        std::string_view after) const {
    std::vector<const StoredObject*> found;
    const auto at = buckets_.find(bucket);
    if (at == buckets_.end()) return found;
    for (const auto& [key, object] : at->second) {
      if (key.substr(0, prefix.size()) == prefix && (after.empty() || key > after)) found.push_back(&object);
    }
    return found;
  }

 private:
  using Bucket = std::map<std::string, StoredObject, std::less<>>;
  std::map<std::string, Bucket, std::less<>> buckets_;
  int64_t generation_ = 0;
};

// "s3://bucket/key" and "gs://bucket/key" in two.
struct ObjectPlace {
  std::string bucket;
  std::string key;

  static ObjectPlace of(std::string_view uri) {
    const size_t scheme = uri.find("://");
    if (scheme != std::string_view::npos) uri.remove_prefix(scheme + 3);
    const size_t slash = uri.find('/');
    if (slash == std::string_view::npos) return {std::string(uri), {}};
    return {std::string(uri.substr(0, slash)), std::string(uri.substr(slash + 1))};
  }
};

}  // namespace br::emulator
