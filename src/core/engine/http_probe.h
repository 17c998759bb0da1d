// HttpProbe: looks at a batch in the vendor's list that may be ours: asks for it, and reads the rows of one that has
// ended, whose ids prove whose it is.
#pragma once

#include <cstdint>
#include <memory>

#include "core/engine/driver.h"
#include "core/results/row_prover.h"
#include "net/http.h"

namespace br {

class HttpProbe : public std::enable_shared_from_this<HttpProbe> {
 public:
  explicit HttpProbe(PartContext context) : c_(std::move(context)) {}

  void probe(const Account& account);
  void stop();

 private:
  bool has_candidate() const;
  RemoteBatch candidate() const;
  void ask(const Account& account);
  void answered(const Account& account, const HttpResponse& response);
  void read_rows(const Account& account, RemoteStatus status);
  void rows_read(RemoteStatus status, const HttpResponse& response);

  const PartContext c_;
  std::uint64_t call_ = 0;
  std::shared_ptr<RowProver> prover_;  // reads the rows that come
};

}  // namespace br
