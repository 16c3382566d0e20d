// Sums of products, held in registers: what convolution and its two slopes come down to, whether windows lie in an image
// (conv.cc) or are rows of matrices (winograd.cc). A tile is M rows by N vectors of columns.
#pragma once

#include "vec.h"

namespace caudal::CAUDAL_ISA {

constexpr int MOST = 8;        // rows of the tallest tile
constexpr long BLOCK = 320;    // products that are summed before the next rows: their weights stay in the first cache

// c[m][...] (+)= sum over segments s and k of a[m][s * step + k] * b[(s * run + k) * N * W ...].
struct Sum {
  long segments, run, step;
};

// Loops over m that are not unrolled: unrolled, GCC keeps the sums on the stack inside of the loop over products.
template <int M, int N>
inline void put(Vec (&acc)[M][N], float* const* c, int last) {
  for (int m = 0; m < M; m++) {
#pragma GCC unroll 4
    for (int n = 0; n < N; n++)
      if (n < N - 1 || last == W) store(c[m] + n * W, acc[m][n]);
      else store(c[m] + n * W, acc[m][n], last);
  }
}

template <int M, int N>
inline void get(Vec (&acc)[M][N], float* const* c, int last) {
  for (int m = 0; m < M; m++) {
#pragma GCC unroll 4
    for (int n = 0; n < N; n++) acc[m][n] = n < N - 1 || last == W ? load(c[m] + n * W) : load(c[m] + n * W, last);
  }
}

template <int M, int N>
void tile(const Sum& sum, const float* const* places, const float* b, float* const* c, int last, bool first,
          const float* bias, bool relu) {
  Vec acc[M][N];
  const float* a[M];
  if (!first) {
    get<M, N>(acc, c, last);
  } else {
    Vec start[N] = {};
    if (bias)
#pragma GCC unroll 4
      for (int n = 0; n < N; n++) start[n] = n < N - 1 || last == W ? load(bias + n * W) : load(bias + n * W, last);
#pragma GCC unroll 8
    for (int m = 0; m < M; m++)
#pragma GCC unroll 4
      for (int n = 0; n < N; n++) acc[m][n] = start[n];
  }
#pragma GCC unroll 8
  for (int m = 0; m < M; m++) a[m] = places[m];
  for (long s = 0; s < sum.segments; s++) {
    long end = s * sum.step + sum.run;
    for (long k = s * sum.step; k < end; k++, b += N * W) {
      Vec bv[N];
#pragma GCC unroll 4
      for (int n = 0; n < N; n++) bv[n] = load(b + n * W);
#pragma GCC unroll 8
      for (int m = 0; m < M; m++) {
        Vec av = all(a[m][k]);
#pragma GCC unroll 4
        for (int n = 0; n < N; n++) acc[m][n] += av * bv[n];
      }
    }
  }
  if (relu) {
#pragma GCC unroll 8
    for (int m = 0; m < M; m++)
#pragma GCC unroll 4
      for (int n = 0; n < N; n++) acc[m][n] = Vec{} > acc[m][n] ? Vec{} : acc[m][n];  // NaN stays
  }
  put<M, N>(acc, c, last);
}

using Tile = void (*)(const Sum&, const float* const*, const float*, float* const*, int, bool, const float*, bool);

template <int N>
Tile tile_of(int m) {
  static const Tile tiles[] = {tile<1, N>, tile<2, N>, tile<3, N>, tile<4, N>, tile<5, N>, tile<6, N>, tile<7, N>, tile<8, N>};
  return tiles[m - 1];
}

// Results for places whose runs begin at x + from[p] and go to y + to[p], all `channels` of them.
// Weights are panels of 2 * W channels (the last may be of W), each [segments * run][width of the panel].
inline void sums_at(const Sum& sum, const float* x, const long* from, const float* weights, float* y, const long* to, long places,
             long channels, const float* bias, bool relu) {
  long depth = sum.segments * sum.run;
  for (long j = 0; j < channels; j += 2 * W) {
    long left = channels - j;
    int vectors = left > W ? 2 : 1;
    int last = static_cast<int>(least<long>(W, left - (vectors - 1) * W));
    const float* panel = weights + j * depth;
    int tall = vectors == 1 ? 8 : 6;
    long segments = most(1L, BLOCK / sum.run), run = least(sum.run, BLOCK);
    if (depth <= BLOCK + BLOCK / 2) segments = sum.segments, run = sum.run;
    for (long s = 0; s < sum.segments; s += segments)
      for (long k = 0; k < sum.run; k += run) {
        Sum part{least(segments, sum.segments - s), least(run, sum.run - k), sum.step};
        const float* b = panel + (s * sum.run + k) * vectors * W;
        bool first = s == 0 && k == 0, end = s + segments >= sum.segments && k + run >= sum.run;
        for (long p = 0; p < places; p += tall) {
          int m = static_cast<int>(least<long>(tall, places - p));
          const float* a[MOST];
          float* c[MOST];
          for (int i = 0; i < m; i++) a[i] = x + from[p + i] + s * sum.step + k, c[i] = y + to[p + i] + j;
          (vectors == 1 ? tile_of<1>(m) : tile_of<2>(m))(part, a, b, c, last, first, bias ? bias + j : nullptr, relu && end);
        }
      }
  }
}

// Room for panels of `depth` rows.
inline long panels_size(long depth, long channels) { return (channels + W - 1) / W * W * depth; }

// c[m * N * W + ...] += the sum over rows r and columns q of a[r * row_step + q * column_step + m] times the vectors at
// b[r * b_row + q * b_column].
struct Pairs {
  long rows, columns, row_step, column_step, b_row, b_column;
};

template <int M, int N>
void filter_tile(const Pairs& p, const float* a, const float* b, float* c) {
  Vec acc[M][N];
#pragma GCC unroll 8
  for (int m = 0; m < M; m++)
#pragma GCC unroll 4
    for (int n = 0; n < N; n++) acc[m][n] = load(c + (m * N + n) * W);
  for (long r = 0; r < p.rows; r++) {
    const float* x = a + r * p.row_step;
    const float* slope = b + r * p.b_row;
    for (long q = 0; q < p.columns; q++, x += p.column_step, slope += p.b_column) {
      Vec bv[N];
#pragma GCC unroll 4
      for (int n = 0; n < N; n++) bv[n] = load(slope + n * W);
#pragma GCC unroll 8
      for (int m = 0; m < M; m++) {
        Vec av = all(x[m]);
#pragma GCC unroll 4
        for (int n = 0; n < N; n++) acc[m][n] += av * bv[n];
      }
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < M; m++)
#pragma GCC unroll 4
    for (int n = 0; n < N; n++) store(c + (m * N + n) * W, acc[m][n]);
}

using FilterTile = void (*)(const Pairs&, const float*, const float*, float*);

template <int N>
FilterTile filter_tile_of(int m) {
  static const FilterTile tiles[] = {filter_tile<1, N>, filter_tile<2, N>, filter_tile<3, N>, filter_tile<4, N>,
                                     filter_tile<5, N>, filter_tile<6, N>, filter_tile<7, N>, filter_tile<8, N>};
  return tiles[m - 1];
}

}  // namespace caudal::CAUDAL_ISA
