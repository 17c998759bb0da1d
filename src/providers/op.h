// Op: the operations that a job has done by whoever works on its batch, whichever way they are talked to.
#pragma once

#include <cstdint>

namespace br {

enum class Op : std::uint8_t {
  upload,       // free: bring the request file to the vendor
  create,       // paid: make the remote batch
  poll,         // free: ask for the batch
  cancel,       // free
  list,         // free: one page of batches
  find_upload,  // free: one page of uploaded files, for those with the name that the part's request file gets
  delete_file,  // free: remove a file of ours
};

}  // namespace br
