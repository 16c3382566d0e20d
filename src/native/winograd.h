// Winograd's minimal filtering, F(4x4, RxR): the arithmetic of one tile. A row of R + 3 = N numbers and a filter of
// R are evaluated, as polynomials, at N points; products of values are those of polynomials, and 4 results of the correlation
// are linear in them: y = A'[(G g) * (B' d)], in both directions of an image. Points are 0, pairs of +a and -a, and infinity, so that
// even and odd powers are shared by a pair. Source: Lavin and Gray (2015), "Fast algorithms for convolutional neural networks".
#pragma once

#include "vec.h"

namespace caudal::CAUDAL_ISA {

constexpr int OUT = 4;  // results of a tile in each direction

// The points' a: the choice of quarters and eighths that gave the smallest error in a search.
template <int R>
struct Points;
template <>
struct Points<3> {
  static constexpr int N = 6, PAIRS = 2;
  static constexpr double a[PAIRS] = {0.625, 1.5};
};
template <>
struct Points<5> {
  static constexpr int N = 8, PAIRS = 3;
  static constexpr double a[PAIRS] = {0.5, 1, 2};
};

// What the transforms multiply by; the rows of the matrices, with what pairs share taken out.
template <int PAIRS>
struct Factors {
  float power[PAIRS][5];      // of a
  float all[PAIRS + 1];       // the product of y - a^2 over all pairs, by powers of y
  float others[PAIRS][PAIRS]; // the same over all but one
  float share[PAIRS], zero;   // what the filter's values are divided by, as factors; at the point 0
};

template <int R>
constexpr Factors<Points<R>::PAIRS> factors() {
  constexpr int P = Points<R>::PAIRS;
  Factors<P> f{};
  for (int skip = 0; skip <= P; skip++) {
    double product[P + 1] = {1};
    int degree = 0;
    for (int p = 0; p < P; p++) {
      if (p == skip) continue;
      double square = Points<R>::a[p] * Points<R>::a[p];
      product[++degree] = 0;
      for (int k = degree; k > 0; k--) product[k] = product[k - 1] - square * product[k];
      product[0] *= -square;
    }
    if (skip == P) {
      for (int k = 0; k <= P; k++) f.all[k] = static_cast<float>(product[k]);
      f.zero = static_cast<float>(1 / product[0]);
      continue;
    }
    double square = Points<R>::a[skip] * Points<R>::a[skip], value = 0;
    for (int k = P - 1; k >= 0; k--) value = value * square + product[k];
    for (int k = 0; k < P; k++) f.others[skip][k] = static_cast<float>(product[k]);
    f.share[skip] = static_cast<float>(1 / (2 * square * value));
    double power = 1;
    for (int k = 0; k < 5; k++, power *= Points<R>::a[skip]) f.power[skip][k] = static_cast<float>(power);
  }
  return f;
}

// Points in order: 0, the first a, its -a, the second a, ..., infinity.

// B' d: a row of an image.
template <int R>
struct OfImage {
  static constexpr int FROM = Points<R>::N, TO = Points<R>::N;
  static inline void line(const Vec (&d)[FROM], Vec (&v)[TO]) {
    constexpr int P = Points<R>::PAIRS;
    constexpr Factors<P> f = factors<R>();
    Vec zero = d[FROM - 2], infinity = d[FROM - 1];
#pragma GCC unroll 4
    for (int k = 0; k < P; k++) zero += f.all[k] * d[2 * k], infinity += f.all[k] * d[2 * k + 1];
    v[0] = zero, v[TO - 1] = infinity;
#pragma GCC unroll 4
    for (int p = 0; p < P; p++) {
      Vec even = d[FROM - 2], odd = d[FROM - 3];
#pragma GCC unroll 4
      for (int k = 0; k < P - 1; k++) even += f.others[p][k] * d[2 * k + 2], odd += f.others[p][k] * d[2 * k + 1];
      v[2 * p + 1] = even + f.power[p][1] * odd, v[2 * p + 2] = even - f.power[p][1] * odd;
    }
  }
};

// A polynomial of K coefficients at all points: G g of filters (SHARED: over what points have in common), A dy of slopes.
template <int R, int K, bool SHARED>
struct Values {
  static constexpr int FROM = K, TO = Points<R>::N;
  static inline void line(const Vec (&g)[FROM], Vec (&v)[TO]) {
    constexpr int P = Points<R>::PAIRS;
    constexpr Factors<P> f = factors<R>();
    v[0] = SHARED ? f.zero * g[0] : g[0], v[TO - 1] = g[K - 1];
#pragma GCC unroll 4
    for (int p = 0; p < P; p++) {
      constexpr auto factor = [](const Factors<P>& f, int p, int k) { return SHARED ? f.share[p] * f.power[p][k] : f.power[p][k]; };
      Vec even = factor(f, p, 0) * g[0], odd = factor(f, p, 1) * g[1];
#pragma GCC unroll 4
      for (int k = 2; k < K; k++) (k % 2 ? odd : even) += factor(f, p, k) * g[k];
      v[2 * p + 1] = even + odd, v[2 * p + 2] = even - odd;
    }
  }
};

// The other way, transposed: A' m of products, G' s of a filter's slopes.
template <int R, int K, bool SHARED>
struct Sums {
  static constexpr int FROM = Points<R>::N, TO = K;
  static inline void line(const Vec (&m)[FROM], Vec (&y)[TO]) {
    constexpr int P = Points<R>::PAIRS;
    constexpr Factors<P> f = factors<R>();
    y[0] = SHARED ? f.zero * m[0] : m[0];
#pragma GCC unroll 8
    for (int k = 1; k < K; k++) y[k] = k == K - 1 ? m[FROM - 1] : Vec{};
#pragma GCC unroll 4
    for (int p = 0; p < P; p++) {
      Vec even = m[2 * p + 1] + m[2 * p + 2], odd = m[2 * p + 1] - m[2 * p + 2];
      if (SHARED) even *= f.share[p], odd *= f.share[p];
#pragma GCC unroll 8
      for (int k = 0; k < K; k++) y[k] += f.power[p][k] * (k % 2 ? odd : even);
    }
  }
};

// Both directions of a square: load(row, column) of FROM x FROM, store(row, column, value) of TO x TO.
template <class Transform, class Load, class Store>
inline void square(Load&& load, Store&& store) {
  constexpr int FROM = Transform::FROM, TO = Transform::TO;
  Vec half[TO][FROM];
#pragma GCC unroll 1
  for (int x = 0; x < FROM; x++) {
    Vec from[FROM], to[TO];
#pragma GCC unroll 8
    for (int y = 0; y < FROM; y++) from[y] = load(y, x);
    Transform::line(from, to);
#pragma GCC unroll 8
    for (int y = 0; y < TO; y++) half[y][x] = to[y];
  }
#pragma GCC unroll 1
  for (int y = 0; y < TO; y++) {
    Vec to[TO];
    Transform::line(half[y], to);
#pragma GCC unroll 8
    for (int x = 0; x < TO; x++) store(y, x, to[x]);
  }
}

}  // namespace caudal::CAUDAL_ISA
