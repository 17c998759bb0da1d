#pragma once

// The process that owns a state directory serves the connections of the others. They accept them on ports of their own
// and pass them on, as descriptors, through a socket in the directory, so no byte of a call goes through two processes,
// and whether an answer arrived is seen by the owner. When the owner is gone the socket says so at once.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace br::gateway {

// What a gateway has done so far.
struct Figures {
  int64_t requests = 0, batches = 0, cache_hits = 0;
  double saved_usd = 0;
};

// The owner's end.
class OwnerSocket {
 public:
  struct Parts {
    std::string directory;  // that of the state; nobody else may enter it
    std::string profile;    // the settings that all who share the gateway agree on, as lines
    std::function<void(int)> adopt;
    std::function<Figures()> figures;
  };

  // Listens, and serves on a thread of its own; `error` says why not.
  OwnerSocket(Parts parts, std::string& error);
  ~OwnerSocket();
  OwnerSocket(const OwnerSocket&) = delete;
  OwnerSocket& operator=(const OwnerSocket&) = delete;

  // Takes no connection any more, and says to the others that this process ends; they wait for their turn.
  void close();
  // Whether it has served another process.
  bool was_shared() const { return shared_; }

 private:
  void run();
  void accept_one();
  bool serve(int peer);

  Parts parts_;
  int listening_ = -1;
  int wake_ = -1;
  std::atomic<bool> closing_{false}, ending_{false}, shared_{false};
  std::vector<int> peers_;  // the thread's
  std::thread thread_;
};

// The other end: a process that has no router of its own.
class OwnerLink {
 public:
  enum class State { kReady, kNobody, kEnding };

  OwnerLink() = default;
  ~OwnerLink();
  OwnerLink(const OwnerLink&) = delete;
  OwnerLink& operator=(const OwnerLink&) = delete;

  // Looks for an owner. kReady: it takes connections, and `profile` is its own.
  State connect(const std::string& directory, std::string* profile);
  // false: the owner is gone, and the socket is still the caller's.
  bool pass_on(int socket);
  // Zeros when it is gone.
  Figures figures();
  // Readable when the owner has gone.
  int descriptor() const { return fd_; }
  int64_t owner() const { return owner_; }  // its process id
  void close();

 private:
  std::string ask();

  int fd_ = -1;
  int64_t owner_ = 0;
};

}  // namespace br::gateway
