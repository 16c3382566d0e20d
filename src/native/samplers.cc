// Draws of classes for sampled losses, as src/caudal/backend/samplers.py has them, with the source; called from Python (calls.cc).
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <unordered_set>

#include "kernels.h"

namespace caudal {
namespace {

// Numbers in [0, 1) of 52 bits, from a stream's beginning on.
class Doubles {
 public:
  explicit Doubles(const uint64_t* stream) : stream_(stream) {}

  double next() {
    if (at_ == 4 * kBlocks) refill();
    const uint64_t bits = uint64_t{words_[at_] & 0xFFFFFu} << 32 | words_[at_ + 1];
    at_ += 2;
    return static_cast<double>(bits) * 0x1p-52;
  }

 private:
  static constexpr int kBlocks = 64;

  void refill() {
    uint64_t numbers[kBlocks];
    for (uint64_t& number : numbers) number = made_++;
    kernels().draw_words(stream_, numbers, kBlocks, words_);
    at_ = 0;
  }

  const uint64_t* stream_;
  uint64_t made_ = 0;
  int at_ = 4 * kBlocks;
  uint32_t words_[4 * kBlocks];
};

}  // namespace

void sample_log_uniform(const uint64_t* stream, int64_t most, long number, bool unique, const int64_t* truth, long truths, int64_t* drawn, float* expected) {
  const double log_range = std::log1p(static_cast<double>(most));
  Doubles doubles(stream);
  auto draw = [&] { return (static_cast<int64_t>(std::exp(doubles.next() * log_range)) - 1) % most; };
  long tries = number;
  if (unique) {
    std::unordered_set<int64_t> seen(2 * number);
    tries = 0;
    for (long k = 0; k < number; tries++) {
      const int64_t one = draw();
      if (seen.insert(one).second) drawn[k++] = one;
    }
  } else {
    std::generate(drawn, drawn + number, draw);
  }
  for (long k = 0; k < truths + number; k++) {
    const int64_t one = k < truths ? truth[k] : drawn[k - truths];
    const float chance = static_cast<float>(std::log((one + 2.0) / (one + 1.0)) / log_range);
    expected[k] = tries == number ? chance * number : -std::expm1(tries * std::log1p(-chance));
  }
}

}  // namespace caudal
