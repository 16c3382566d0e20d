// Memory that a thread keeps from call to call: fresh pages cost more than what is done with them.
#pragma once

namespace caudal {

enum Slot { kWeights, kImage, kSlope, kSums, kSlots };

// `floats` floats of this thread's, at the start of a cache line; valid until the thread asks for the same slot again.
float* scratch(Slot slot, long floats);

// Memory lent to one call, for what is too large for every thread to keep: calls that follow one another get the same.
class Lent {
 public:
  explicit Lent(long floats);
  ~Lent();
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;
  float* at() const { return at_; }

 private:
  float* at_;
  long size_;
};

}  // namespace caudal
