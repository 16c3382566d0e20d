#include "scratch.h"

#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace caudal {

namespace {

struct Buffer {
  float* at = nullptr;
  long size = 0;
  Buffer() = default;
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept { return swap(other), *this; }
  ~Buffer() { std::free(at); }

  void swap(Buffer& other) { std::swap(at, other.at), std::swap(size, other.size); }

  void grow(long floats) {
    if (size >= floats) return;
    std::free(at);
    size = (floats + 15) / 16 * 16;
    at = static_cast<float*>(std::aligned_alloc(64, 4 * size));
    if (at) return;
    size = 0;
    throw std::bad_alloc();
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
