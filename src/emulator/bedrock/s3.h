#pragma once

#include <string>

#include "emulator/vendor/object_store.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {

// S3 with the bucket in the path: objects are written, read, listed and deleted, each call signed.
class S3 {
 public:
  S3(World& world, ObjectStore& store, int64_t most_bytes) : world_(world), store_(store), most_bytes_(most_bytes) {}

  // Path: the bucket, then the key.
  Opening begin(const RequestHead& head, Path path);
  Reply refusal(int status, std::string_view code, std::string_view message) const;

 private:
  friend class S3Put;

  Reply list(const RequestHead& head, const std::string& bucket) const;
  Reply get(const StoredObject& object);
  void touch(std::string_view what, const std::string& bucket, const std::string& key);

  World& world_;
  ObjectStore& store_;
  int64_t most_bytes_;
};

}  // namespace br::emulator
