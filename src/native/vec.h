// Vectors of floats, as wide as the instruction set that a file is compiled for. No function of the standard library
// stands in a kernel: the linker keeps one copy of an inline function, which may be of the wrong instruction set.
#pragma once

#include <cstdint>
#include <cstring>

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
  Vec v{};
  memcpy(&v, p, 4 * n);
  return v;
}
inline void store(float* p, Vec v, int n) { memcpy(p, &v, 4 * n); }

template <class T>
inline T least(T a, T b) { return a < b ? a : b; }
template <class T>
inline T most(T a, T b) { return a > b ? a : b; }

}  // namespace caudal::CAUDAL_ISA
