// Vectors of floats, as wide as the instruction set that a file is compiled for. No function of the standard library
// stands in a kernel: the linker keeps one copy of an inline function, which may be of the wrong instruction set.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "parallel.h"

namespace caudal::CAUDAL_ISA {

constexpr int W = CAUDAL_WIDTH;
typedef float Vec __attribute__((vector_size(CAUDAL_WIDTH * 4)));
typedef int32_t Mask __attribute__((vector_size(CAUDAL_WIDTH * 4)));  // what comparing Vecs gives: -1 or 0
typedef float Loose __attribute__((vector_size(CAUDAL_WIDTH * 4), aligned(4), may_alias));

inline Vec load(const float* p) { return *reinterpret_cast<const Loose*>(p); }
inline void store(float* p, Vec v) { *reinterpret_cast<Loose*>(p) = v; }
inline Vec all(float x) { return x - Vec{}; }

// The first n floats at p, and zeros.
inline Vec load(const float* p, int n) {
#if CAUDAL_WIDTH == 8 && defined(__AVX2__)
  static const int32_t open[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_maskload_ps(p, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(open + 8 - n)));
#elif CAUDAL_WIDTH == 16 && defined(__AVX512F__)
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << n) - 1), p);
#else
  Vec v{};
  memcpy(&v, p, 4 * n);
  return v;
#endif
}

// In pieces: a masked store is slow on some processors.
inline void store(float* p, Vec v, int n) {
  alignas(64) float all[W];
  memcpy(all, &v, sizeof v);
  const float* from = all;
  if constexpr (W > 8)
    if (n & 8) memcpy(p, from, 32), p += 8, from += 8;
  if constexpr (W > 4)
    if (n & 4) memcpy(p, from, 16), p += 4, from += 4;
  if (n & 2) memcpy(p, from, 8), p += 2, from += 2;
  if (n & 1) *p = *from;
}

// As many as there are, mostly a whole vector.
inline Vec some(const float* p, int n) { return n == W ? load(p) : load(p, n); }
inline void put(float* p, Vec v, int n) { n == W ? store(p, v) : store(p, v, n); }

template <class T>
inline T least(T a, T b) { return a < b ? a : b; }
template <class T>
inline T most(T a, T b) { return a > b ? a : b; }

}  // namespace caudal::CAUDAL_ISA
