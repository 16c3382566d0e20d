// Pooling and its gradient, and that of a ReLU before it. A task has some rows of results, or some images.
#include "kernels.h"
#include "scratch.h"
#include "vec.h"

namespace caudal::CAUDAL_ISA {

namespace {

struct Span {
  long low, high;
};

// The rows of the input that window `k` covers.
inline Span covered(long k, long stride, long pad, long window, long size) {
  long start = k * stride - pad;
  return {most(start, 0L), least(start + window, size)};
}

inline Vec greater(Vec a, Vec b) { return b > a || b != b ? b : a; }

void pool_row(const Windows& w, const float* x, float* y, long oy) {
  Span rows = covered(oy, w.stride_height, w.top, w.window_height, w.height);
  for (long ox = 0; ox < w.out_width; ox++, y += w.channels) {
    Span columns = covered(ox, w.stride_width, w.left, w.window_width, w.width);
    for (long c = 0; c < w.channels; c += W) {
      int n = static_cast<int>(least<long>(W, w.channels - c));
      Vec best = all(-__builtin_inff());
      for (long iy = rows.low; iy < rows.high; iy++)
        for (long ix = columns.low; ix < columns.high; ix++) {
          const float* p = x + (iy * w.width + ix) * w.channels + c;
          best = greater(best, some(p, n));
        }
      put(y + c, best, n);
    }
  }
}

// dx += dy where x is the first of its window that equals y; with `relu` only where that is above 0. Sums what went through
// into `bias` if there is one.
void pool_row_grad(const Windows& w, const float* x, const float* y, const float* dy, float* dx, float* bias, bool relu, long oy) {
  Span rows = covered(oy, w.stride_height, w.top, w.window_height, w.height);
  for (long ox = 0; ox < w.out_width; ox++, y += w.channels, dy += w.channels) {
    Span columns = covered(ox, w.stride_width, w.left, w.window_width, w.width);
    for (long c = 0; c < w.channels; c += W) {
      int n = static_cast<int>(least<long>(W, w.channels - c));
      Vec best = some(y + c, n), slope = some(dy + c, n);
      if (relu) slope = best > Vec{} ? slope : Vec{};
      if (bias) put(bias + c, some(bias + c, n) + slope, n);
      Mask open = Mask{} - 1;
      for (long iy = rows.low; iy < rows.high; iy++)
        for (long ix = columns.low; ix < columns.high; ix++) {
          long at = (iy * w.width + ix) * w.channels + c;
          Mask here = open & (some(x + at, n) == best);
          open &= ~here;
          put(dx + at, some(dx + at, n) + (here ? slope : Vec{}), n);
        }
    }
  }
}

void add_up(const float* sums, int tasks, long channels, float* bias) {
  for (long c = 0; bias && c < channels; c++) {
    bias[c] = 0;
    for (int task = 0; task < tasks; task++) bias[c] += sums[task * channels + c];
  }
}

}  // namespace

void max_pool(const Windows& w, const float* x, float* y, Pool& pool) {
  long rows = w.batch * w.out_height;
  int tasks = static_cast<int>(least<long>(rows, pool.threads()));
  parallel(pool, tasks, [&](int task) {
    for (long k = part(rows, tasks, task); k < part(rows, tasks, task + 1); k++)
      pool_row(w, x + k / w.out_height * w.height * w.width * w.channels, y + k * w.out_width * w.channels, k % w.out_height);
  });
}

// With `relu`, x is what a ReLU gave: dx is the slope of what it took, and `bias` the sum of dx over all but channels.
// Every task sums its own images; the sums are added up in order.
void max_pool_grad(const Windows& w, const float* x, const float* y, const float* dy, bool relu, float* dx, float* bias, Pool& pool) {
  int tasks = static_cast<int>(least<long>(w.batch, pool.threads()));
  long in = w.height * w.width * w.channels, out_row = w.out_width * w.channels;
  float* sums = bias ? scratch(kSums, tasks * w.channels) : nullptr;
  parallel(pool, tasks, [&](int task) {
    float* mine = bias ? sums + task * w.channels : nullptr;
    if (bias) memset(mine, 0, 4 * w.channels);
    for (long k = part(w.batch, tasks, task); k < part(w.batch, tasks, task + 1); k++) {
      memset(dx + k * in, 0, 4 * in);
      for (long oy = 0; oy < w.out_height; oy++) {
        long at = (k * w.out_height + oy) * out_row;
        pool_row_grad(w, x + k * in, y + at, dy + at, dx + k * in, mine, relu, oy);
      }
    }
  });
  add_up(sums, tasks, w.channels, bias);
}

// dx = dy where y > 0, else 0; bias = the sum of dx over all rows.
void relu_bias_grad(const float* dy, const float* y, long rows, long channels, float* dx, float* bias, Pool& pool) {
  int tasks = static_cast<int>(least<long>(most(1L, rows * channels / 4096), pool.threads()));
  float* sums = scratch(kSums, tasks * channels);
  parallel(pool, tasks, [&](int task) {
    float* mine = sums + task * channels;
    memset(mine, 0, 4 * channels);
    for (long r = part(rows, tasks, task); r < part(rows, tasks, task + 1); r++)
      for (long c = 0; c < channels; c += W) {
        int n = static_cast<int>(least<long>(W, channels - c));
        long at = r * channels + c;
        Vec slope = some(y + at, n) > Vec{} ? some(dy + at, n) : Vec{};
        put(dx + at, slope, n);
        put(mine + c, some(mine + c, n) + slope, n);
      }
  });
  add_up(sums, tasks, channels, bias);
}

// The mean of what each window covers.
void avg_pool(const Windows& w, const float* x, float* y, Pool& pool) {
  long rows = w.batch * w.out_height;
  int tasks = static_cast<int>(least<long>(rows, pool.threads()));
  parallel(pool, tasks, [&](int task) {
    for (long k = part(rows, tasks, task); k < part(rows, tasks, task + 1); k++) {
      const float* image = x + k / w.out_height * w.height * w.width * w.channels;
      Span high = covered(k % w.out_height, w.stride_height, w.top, w.window_height, w.height);
      for (long ox = 0; ox < w.out_width; ox++) {
        Span wide = covered(ox, w.stride_width, w.left, w.window_width, w.width);
        Vec count = all(static_cast<float>((high.high - high.low) * (wide.high - wide.low)));
        for (long c = 0; c < w.channels; c += W) {
          int n = static_cast<int>(least<long>(W, w.channels - c));
          Vec sum{};
          for (long iy = high.low; iy < high.high; iy++)
            for (long ix = wide.low; ix < wide.high; ix++) sum += some(image + (iy * w.width + ix) * w.channels + c, n);
          put(y + (k * w.out_width + ox) * w.channels + c, sum / count, n);
        }
      }
    }
  });
}

void avg_pool_grad(const Windows& w, const float* dy, float* dx, Pool& pool) {
  long in = w.height * w.width * w.channels;
  parallel(pool, static_cast<int>(w.batch), [&](int image) {
    float* to = dx + image * in;
    memset(to, 0, 4 * in);
    for (long oy = 0; oy < w.out_height; oy++) {
      Span high = covered(oy, w.stride_height, w.top, w.window_height, w.height);
      for (long ox = 0; ox < w.out_width; ox++) {
        Span wide = covered(ox, w.stride_width, w.left, w.window_width, w.width);
        Vec count = all(static_cast<float>((high.high - high.low) * (wide.high - wide.low)));
        const float* from = dy + ((image * w.out_height + oy) * w.out_width + ox) * w.channels;
        for (long c = 0; c < w.channels; c += W) {
          int n = static_cast<int>(least<long>(W, w.channels - c));
          Vec share = some(from + c, n) / count;
          for (long iy = high.low; iy < high.high; iy++)
            for (long ix = wide.low; ix < wide.high; ix++) {
              float* p = to + (iy * w.width + ix) * w.channels + c;
              put(p, some(p, n) + share, n);
            }
        }
      }
    }
  });
}

}  // namespace caudal::CAUDAL_ISA
