#include "scratch.h"

#include <cstdlib>
#include <new>

namespace caudal {

namespace {

struct Buffer {
  float* at = nullptr;
  long size = 0;
  ~Buffer() { std::free(at); }
};

thread_local Buffer buffers[kSlots];

}  // namespace

float* scratch(Slot slot, long floats) {
  Buffer& buffer = buffers[slot];
  if (buffer.size < floats) {
    std::free(buffer.at);
    buffer.size = (floats + 15) / 16 * 16;
    buffer.at = static_cast<float*>(std::aligned_alloc(64, 4 * buffer.size));
    if (!buffer.at) {
      buffer.size = 0;
      throw std::bad_alloc();
    }
  }
  return buffer.at;
}

}  // namespace caudal
