// Sums of squares, sums over rows of channels, and cross-entropy of rows of classes. What is summed is cut into blocks that are the same for
// any number of threads.
#include "functions.h"
#include "kernels.h"
#include "scratch.h"
#include "vec.h"

namespace caudal::CAUDAL_ISA {

namespace {

constexpr long BLOCK = 16384;  // numbers that are summed before they are joined to others
constexpr int LANES = 4;       // vectors that are summed side by side

float sum_of(Vec v) {
  float sum = 0;
  for (int k = 0; k < W; k++) sum += v[k];
  return sum;
}

float squares(const float* x, long size) {
  Vec sums[LANES] = {};
  long k = 0;
  for (; k + LANES * W <= size; k += LANES * W)
#pragma GCC unroll 4
    for (int n = 0; n < LANES; n++) {
      Vec v = load(x + k + n * W);
      sums[n] += v * v;
    }
  for (; k < size; k += W) {
    Vec v = some(x + k, static_cast<int>(least<long>(W, size - k)));
    sums[0] += v * v;
  }
  return sum_of((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

// The number of each lane.
Vec lanes() {
  Vec v;
  for (int k = 0; k < W; k++) v[k] = static_cast<float>(k);
  return v;
}

// The first n numbers, and `rest` in place of the others.
Vec first(Vec v, int n, float rest) { return n == W ? v : (lanes() < all(static_cast<float>(n)) ? v : all(rest)); }

template <class F>
void each_vector(long size, F&& body) {
  long k = 0;
  for (; k + W <= size; k += W) body(k, W);
  if (k < size) body(k, static_cast<int>(size - k));
}

}  // namespace

void half_squares(const float* const* arrays, const long* sizes, int count, float* sums, Pool& pool) {
  long blocks = 0;
  for (int k = 0; k < count; k++) blocks += (sizes[k] + BLOCK - 1) / BLOCK;
  Lent lent(most(1L, blocks));
  float* of_blocks = lent.at();
  int tasks = static_cast<int>(least<long>(blocks, 4L * pool.threads()));
  parallel(pool, tasks, [&](int task) {
    long from = part(blocks, tasks, task), to = part(blocks, tasks, task + 1), begin = 0;
    for (int k = 0; k < count && begin < to; k++) {
      long own = (sizes[k] + BLOCK - 1) / BLOCK;
      for (long b = most(from - begin, 0L); b < least(to - begin, own); b++)
        of_blocks[begin + b] = squares(arrays[k] + b * BLOCK, least(BLOCK, sizes[k] - b * BLOCK));
      begin += own;
    }
  });
  const float* block = of_blocks;
  for (int k = 0; k < count; k++) {
    double sum = 0;
    for (long b = 0; b < (sizes[k] + BLOCK - 1) / BLOCK; b++) sum += *block++;
    sums[k] = static_cast<float>(sum / 2);
  }
}

// For each row of logits its cross-entropy with the label `hot` or, where that is null, with a row of labels; and the slope by the logits.
// A label that is no class gives 0 and the probabilities.
void cross_entropy(const Matrix& m, const float* logits, const int64_t* hot, const float* labels, float* loss, float* slope, Pool& pool) {
  int tasks = static_cast<int>(least<long>(m.rows, least<long>(m.rows * m.columns / 4096 + 1, 4L * pool.threads())));
  parallel(pool, tasks, [&](int task) {
    for (long row = part(m.rows, tasks, task); row < part(m.rows, tasks, task + 1); row++) {
      const float *x = logits + row * m.columns, *wanted = hot ? nullptr : labels + row * m.columns;
      float* to = slope + row * m.columns;
      constexpr float lowest = -__builtin_inff();
      Vec tops = all(lowest), sums{}, losses{};
      each_vector(m.columns, [&](long k, int n) {
        Vec v = first(some(x + k, n), n, lowest);
        tops = v > tops ? v : tops;
      });
      float top = lowest;
      for (int k = 0; k < W; k++) top = tops[k] > top ? tops[k] : top;
      each_vector(m.columns, [&](long k, int n) {
        Vec e = first(exp_of(some(x + k, n) - all(top)), n, 0);
        put(to + k, e, n);
        sums += e;
      });
      float sum = sum_of(sums), log_sum = __builtin_logf(sum), share = 1 / sum;
      each_vector(m.columns, [&](long k, int n) {
        Vec e = some(to + k, n) * all(share);
        if (wanted) {
          Vec label = some(wanted + k, n);
          losses += first(label * (all(log_sum) - (some(x + k, n) - all(top))), n, 0);
          e -= label;
        }
        put(to + k, e, n);
      });
      bool known = hot && hot[row] >= 0 && hot[row] < m.columns;
      loss[row] = wanted ? sum_of(losses) : known ? log_sum - (x[hot[row]] - top) : 0;
      if (known) to[hot[row]] -= 1;
    }
  });
}

}  // namespace caudal::CAUDAL_ISA
