// Batch normalisation of rows of channels, its slopes, and sums over rows. Rows are cut into blocks that stay in the second cache, the same for any number
// of threads; a block's sums are made in registers, a few vectors of channels at a time.
#include "kernels.h"
#include "scratch.h"
#include "vec.h"

namespace caudal::CAUDAL_ISA {

namespace {

constexpr long BLOCK = 16384;  // numbers of a block of rows
constexpr int SIDE = 4;        // vectors of channels that are summed at a time
constexpr long WIDE_ROWS = 1024, HIGH = 64;  // channels: a block of so many has few rows; rows that are summed before they are joined to others

struct Blocks {
  long rows, channels, high, count;
  explicit Blocks(const Norm& n)
      : rows(n.rows), channels(n.channels), high(most(1L, BLOCK / n.channels)), count((rows + high - 1) / high) {}
  long begin(long block) const { return block * high; }
  long end(long block) const { return least(rows, (block + 1) * high); }
};

// Calls body(block) for all blocks, by threads.
template <class F>
void each_block(const Blocks& blocks, Pool& pool, F&& body) {
  int tasks = static_cast<int>(least<long>(blocks.count, 4L * pool.threads()));
  parallel(pool, tasks, [&](int task) {
    for (long b = part(blocks.count, tasks, task); b < part(blocks.count, tasks, task + 1); b++) body(b);
  });
}

// The sums over rows of what term(place, channel, how many, sums) adds to S sums of N vectors of channels.
template <int N, int S, class Term>
void sum_side(long begin, long end, long channels, long c, int last, float* to, Term&& term) {
  Vec sums[N][S] = {};
  for (long r = begin; r < end; r++)
#pragma GCC unroll 4
    for (int n = 0; n < N; n++) term(r * channels + c + n * W, c + n * W, n < N - 1 ? W : last, sums[n]);
  for (int s = 0; s < S; s++)
    for (int n = 0; n < N; n++) put(to + s * channels + c + n * W, sums[n][s], n < N - 1 ? W : last);
}

// The same for all channels; `to` is [S, channels].
template <int S, class Term>
void sum_block(const Blocks& blocks, long block, float* to, Term&& term) {
  long begin = blocks.begin(block), end = blocks.end(block), channels = blocks.channels;
  for (long c = 0; c < channels; c += SIDE * W) {
    long left = channels - c;
    int vectors = static_cast<int>(least<long>(SIDE, (left + W - 1) / W)), last = static_cast<int>(least<long>(W, left - (vectors - 1) * W));
    switch (vectors) {
      case 1: sum_side<1, S>(begin, end, channels, c, last, to, term); break;
      case 2: sum_side<2, S>(begin, end, channels, c, last, to, term); break;
      case 3: sum_side<3, S>(begin, end, channels, c, last, to, term); break;
      default: sum_side<4, S>(begin, end, channels, c, last, to, term);
    }
  }
}

// Calls body(place, channel, how many) for each vector of a block.
template <class F>
void each_vector(const Blocks& blocks, long block, F&& body) {
  for (long r = blocks.begin(block); r < blocks.end(block); r++) {
    long c = 0;
    for (; c + W <= blocks.channels; c += W) body(r * blocks.channels + c, c, W);
    if (c < blocks.channels) body(r * blocks.channels + c, c, static_cast<int>(blocks.channels - c));
  }
}

}  // namespace

// The sums over rows: of all channels a block of rows at a time, or where rows are wide, of some channels over all rows.
void channel_sums(const Matrix& m, const float* x, float* sums, Pool& pool) {
  if (m.columns >= WIDE_ROWS) {
    int tasks = static_cast<int>((m.columns + SIDE * W - 1) / (SIDE * W));
    parallel(pool, tasks, [&](int task) {
      long c = task * SIDE * W;
      int have = static_cast<int>(least<long>(SIDE * W, m.columns - c));
      double all[SIDE * W] = {};
      float some_rows[SIDE * W];
      for (long r = 0; r < m.rows; r += HIGH) {
        memset(some_rows, 0, sizeof some_rows);
        for (long k = r; k < least(m.rows, r + HIGH); k++)
          for (int i = 0; i < have; i++) some_rows[i] += x[k * m.columns + c + i];
        for (int i = 0; i < have; i++) all[i] += some_rows[i];
      }
      for (int i = 0; i < have; i++) sums[c + i] = static_cast<float>(all[i]);
    });
    return;
  }
  Blocks blocks(Norm{m.rows, m.columns, 0, false});
  Lent lent(blocks.count * m.columns);
  float* of_blocks = lent.at();
  each_block(blocks, pool, [&](long b) {
    sum_block<1>(blocks, b, of_blocks + b * m.columns, [&](long at, long, int have, Vec* sum) { sum[0] += some(x + at, have); });
  });
  for (long c = 0; c < m.columns; c++) {
    double sum = 0;
    for (long b = 0; b < blocks.count; b++) sum += of_blocks[b * m.columns + c];
    sums[c] = static_cast<float>(sum);
  }
}

// y = (x - mean) / sqrt(variance + epsilon) * scale + offset, without what is below 0 if `relu`. Mean and variance are those of a block,
// joined as Chan, Golub and LeVeque (1979) do: "Updating formulae and a pairwise algorithm for computing sample variances".
void batch_norm(const Norm& n, const float* x, const float* scale, const float* offset, float* y, float* mean, float* variance, Pool& pool) {
  Blocks blocks(n);
  Lent lent(blocks.count * 2 * n.channels + n.channels);
  float *of_blocks = lent.at(), *factor = of_blocks + blocks.count * 2 * n.channels;
  each_block(blocks, pool, [&](long b) {
    float *means = of_blocks + b * 2 * n.channels, *squares = means + n.channels;
    const float* first = x + blocks.begin(b) * n.channels;  // differences from it are small where numbers are far from 0
    sum_block<1>(blocks, b, means, [&](long at, long c, int have, Vec* sums) { sums[0] += some(x + at, have) - some(first + c, have); });
    float count = static_cast<float>(blocks.end(b) - blocks.begin(b));
    for (long c = 0; c < n.channels; c++) means[c] = first[c] + means[c] / count;
    sum_block<1>(blocks, b, squares, [&](long at, long c, int have, Vec* sums) {
      Vec d = some(x + at, have) - some(means + c, have);
      sums[0] += d * d;
    });
  });
  for (long c = 0; c < n.channels; c++) {
    double sum = 0, square = 0;
    for (long b = 0; b < blocks.count; b++) sum += static_cast<double>(of_blocks[b * 2 * n.channels + c]) * (blocks.end(b) - blocks.begin(b));
    double middle = sum / n.rows;
    for (long b = 0; b < blocks.count; b++) {
      const float* of_block = of_blocks + b * 2 * n.channels + c;
      double off = of_block[0] - middle;
      square += of_block[n.channels] + off * off * (blocks.end(b) - blocks.begin(b));
    }
    mean[c] = static_cast<float>(middle), variance[c] = static_cast<float>(square / n.rows);
    factor[c] = scale[c] / __builtin_sqrtf(variance[c] + n.epsilon);
  }
  each_block(blocks, pool, [&](long b) {
    each_vector(blocks, b, [&](long at, long c, int have) {
      Vec v = (some(x + at, have) - some(mean + c, have)) * some(factor + c, have) + some(offset + c, have);
      if (n.relu) v = Vec{} > v ? Vec{} : v;  // NaN stays
      put(y + at, v, have);
    });
  });
}

// The slopes by x, scale and offset. `y`: what `batch_norm` gave with `relu`: where it is 0, dy doesn't count.
void batch_norm_grad(const Norm& n, const float* dy, const float* x, const float* y, const float* scale, const float* mean,
                     const float* variance, float* dx, float* d_scale, float* d_offset, Pool& pool) {
  Blocks blocks(n);
  Lent lent((blocks.count * 2 + 3) * n.channels);
  float *of_blocks = lent.at(), *slope = of_blocks + blocks.count * 2 * n.channels, *each = slope + n.channels, *factor = each + n.channels;
  auto passed = [&](long at, int have) {
    Vec g = some(dy + at, have);
    return n.relu ? (some(y + at, have) > Vec{} ? g : Vec{}) : g;
  };
  each_block(blocks, pool, [&](long b) {
    sum_block<2>(blocks, b, of_blocks + b * 2 * n.channels, [&](long at, long c, int have, Vec* sums) {
      Vec g = passed(at, have);
      sums[0] += g, sums[1] += g * (some(x + at, have) - some(mean + c, have));
    });
  });
  for (long c = 0; c < n.channels; c++) {
    double sum = 0, product = 0;
    for (long b = 0; b < blocks.count; b++) sum += of_blocks[b * 2 * n.channels + c], product += of_blocks[(b * 2 + 1) * n.channels + c];
    float inverse = 1 / __builtin_sqrtf(variance[c] + n.epsilon);
    d_offset[c] = static_cast<float>(sum), d_scale[c] = static_cast<float>(product * inverse);
    each[c] = static_cast<float>(sum / n.rows);
    slope[c] = static_cast<float>(product / n.rows) * inverse * inverse;
    factor[c] = scale[c] * inverse;
  }
  each_block(blocks, pool, [&](long b) {
    each_vector(blocks, b, [&](long at, long c, int have) {
      Vec centred = some(x + at, have) - some(mean + c, have);
      put(dx + at, (passed(at, have) - some(each + c, have) - centred * some(slope + c, have)) * some(factor + c, have), have);
    });
  });
}

}  // namespace caudal::CAUDAL_ISA
