#include "sys/fork_mark.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <new>

namespace br {
namespace {

using Number = std::atomic<std::uint64_t>;
static_assert(Number::is_always_lock_free);

// A page that the kernel fills with zeros in every forked child. nullptr where it cannot. It stays as long as the
// library, which is never unloaded.
Number* make_page() {
#ifdef MADV_WIPEONFORK
  const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  if (::madvise(page, size, MADV_WIPEONFORK) == 0) return new (page) Number(0);
  ::munmap(page, size);
#endif
  return nullptr;
}

Number* page() {
  static Number* const made = make_page();
  return made;
}

std::uint64_t process_id() { return static_cast<std::uint64_t>(::getpid()); }

// The number of this process: not that of its parent, nor of any process before.
std::uint64_t this_process(Number* at) {
  static Number newest{0};  // a child begins with that of its parent
  std::uint64_t known = at->load();
  if (known != 0) return known;
  const std::uint64_t mine = newest.fetch_add(1) + 1;
  return at->compare_exchange_strong(known, mine) ? mine : known;
}

}  // namespace

ForkMark::ForkMark() : page_(page()), process_(page_ == nullptr ? process_id() : this_process(page())) {}

bool ForkMark::is_copy() const {
  return (page_ == nullptr ? process_id() : page_->load(std::memory_order_relaxed)) != process_;
}

}  // namespace br
