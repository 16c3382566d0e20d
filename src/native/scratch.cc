#include "scratch.h"

#include <sys/mman.h>

#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace caudal {

namespace {

// Pages of its own: among malloc's blocks it would come to lie beside the large one that XLA takes for each run, and gives back, whose place is
// then too small for the next, by the few bytes that malloc keeps of it; and memory would grow by all of it.
struct Buffer {
  float* at = nullptr;
  long size = 0;
  Buffer() = default;
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept { return swap(other), *this; }
  ~Buffer() { give_back(); }

  void swap(Buffer& other) { std::swap(at, other.at), std::swap(size, other.size); }

  void grow(long floats) {
    if (size >= floats) return;
    give_back();
    long pages = (floats + PAGE - 1) / PAGE;
    void* made = mmap(nullptr, 4 * PAGE * pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED) throw std::bad_alloc();
    at = static_cast<float*>(made), size = PAGE * pages;
  }

 private:
  static constexpr long PAGE = 4096;  // floats: four pages, or one of 16 KB

  void give_back() {
    if (at) munmap(at, 4 * size);
    at = nullptr, size = 0;
  }
};

thread_local Buffer buffers[kSlots];

// Never destroyed: at the process's end a thread may still give something back.
struct Idle {
  std::mutex mutex;
  std::vector<Buffer> buffers;
};
Idle& idle = *new Idle;

// The smallest that is large enough; else the largest, which then grows.
Buffer take(long floats) {
  std::lock_guard<std::mutex> lock(idle.mutex);
  std::vector<Buffer>& all = idle.buffers;
  if (all.empty()) return {};
  size_t best = 0;
  for (size_t k = 1; k < all.size(); k++) {
    bool enough = all[best].size >= floats, other = all[k].size >= floats;
    if (other ? !enough || all[k].size < all[best].size : !enough && all[k].size > all[best].size) best = k;
  }
  Buffer taken = std::move(all[best]);
  all[best].swap(all.back());
  all.pop_back();
  return taken;
}

}  // namespace

float* scratch(Slot slot, long floats) {
  buffers[slot].grow(floats);
  return buffers[slot].at;
}

Lent::Lent(long floats) : at_(nullptr), size_(0) {
  Buffer taken = take(floats);
  taken.grow(floats);
  std::swap(at_, taken.at), std::swap(size_, taken.size);
}

Lent::~Lent() {
  Buffer back;
  std::swap(back.at, at_), std::swap(back.size, size_);
  std::lock_guard<std::mutex> lock(idle.mutex);
  idle.buffers.push_back(std::move(back));
}

}  // namespace caudal
