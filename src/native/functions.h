// Functions of vectors, to a few units of the last place.
#pragma once

#include "vec.h"

namespace caudal::CAUDAL_ISA {

// e to a power that is no greater than 0. Cody and Waite (1980): the power is n log 2 + r; the polynomial is that of Moshier's Cephes.
inline Vec exp_of(Vec x) {
  constexpr float to_integer = 12582912.0f;  // 1.5 * 2^23: what is added to it is rounded, and stands in its last bits
  Vec low = x < all(-87.0f) ? all(-87.0f) : x;
  Vec shifted = low * all(0x1.715476p+0f) + all(to_integer), n = shifted - all(to_integer);
  Vec r = low - n * all(0x1.62e4p-1f) - n * all(0x1.7f7d1cp-20f);
  Vec p = all(1.9875691500e-4f);
  p = p * r + all(1.3981999507e-3f);
  p = p * r + all(8.3334519073e-3f);
  p = p * r + all(4.1665795894e-2f);
  p = p * r + all(1.6666665459e-1f);
  p = p * r + all(5.0000001201e-1f);
  Vec y = p * r * r + r + all(1.0f);
  Mask bits, power;
  memcpy(&bits, &y, sizeof y), memcpy(&power, &shifted, sizeof power);
  bits += power << 23;
  memcpy(&y, &bits, sizeof y);
  y = x < all(-87.0f) ? Vec{} : y;
  return x == x ? y : x;  // NaN stays
}

// What is 0 beyond 0, so that `exp_of` takes it: -|x|.
inline Vec below_zero(Vec x) { return x > Vec{} ? -x : x; }

// 1 / (1 + e^-x), by a power that can't overflow.
inline Vec sigmoid_of(Vec x) {
  Vec e = exp_of(below_zero(x));
  return (x > Vec{} ? all(1.0f) : e) / (all(1.0f) + e);
}

// (1 - e^-2x) / (1 + e^-2x); where that would cancel, a polynomial: that of Moshier's Cephes.
inline Vec tanh_of(Vec x) {
  Vec low = below_zero(x), e = exp_of(low + low), far = (all(1.0f) - e) / (all(1.0f) + e), z = x * x;
  Vec p = all(-5.70498872745e-3f);
  p = p * z + all(2.06390887954e-2f);
  p = p * z + all(-5.37397155531e-2f);
  p = p * z + all(1.33314422036e-1f);
  p = p * z + all(-3.33332819422e-1f);
  return low > all(-0.625f) ? (p * z + all(1.0f)) * x : x > Vec{} ? far : -far;
}

}  // namespace caudal::CAUDAL_ISA
