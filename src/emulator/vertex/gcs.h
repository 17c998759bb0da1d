#pragma once

#include <string>

#include "emulator/vendor/blob_upload.h"
#include "emulator/vendor/object_store.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {

// Cloud Storage's JSON API: objects are uploaded in one call, read, listed and deleted.
class Gcs {
 public:
  Gcs(World& world, ObjectStore& store, int64_t most_bytes) : world_(world), store_(store), most_bytes_(most_bytes) {}

  // Path: from "storage" or "upload" on.
  Opening begin(const RequestHead& head, Path path);
  Reply refusal(int status, std::string_view reason, const std::string& message) const;

 private:
  Opening begin_upload(const RequestHead& head, const std::string& bucket);
  Reply object_call(const RequestHead& head, const std::string& bucket, const std::string& key);
  Reply list(const RequestHead& head, const std::string& bucket) const;

  World& world_;
  ObjectStore& store_;
  int64_t most_bytes_;
};

}  // namespace br::emulator
