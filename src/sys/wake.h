// Wake: a descriptor that is readable while it is set; the doorbell of br_router_fd.
#pragma once

namespace br {

class Wake {
 public:
  Wake();
  ~Wake();
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;
  int fd() const { return fd_; }
  void set();    // any thread
  void clear();  // any thread

 private:
  int fd_;
};

}  // namespace br
