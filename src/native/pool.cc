// Max pooling and its gradient. A task is a row of results, or an image.
#include "kernels.h"
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
          best = greater(best, n == W ? load(p) : load(p, n));
        }
      if (n == W) store(y + c, best); else store(y + c, best, n);
    }
  }
}

// dx += dy where x is the first of its window that equals y.
void pool_row_grad(const Windows& w, const float* x, const float* y, const float* dy, float* dx, long oy) {
  Span rows = covered(oy, w.stride_height, w.top, w.window_height, w.height);
  for (long ox = 0; ox < w.out_width; ox++, y += w.channels, dy += w.channels) {
    Span columns = covered(ox, w.stride_width, w.left, w.window_width, w.width);
    for (long c = 0; c < w.channels; c += W) {
      int n = static_cast<int>(least<long>(W, w.channels - c));
      Vec best = n == W ? load(y + c) : load(y + c, n), slope = n == W ? load(dy + c) : load(dy + c, n);
      Mask open = Mask{} - 1;
      for (long iy = rows.low; iy < rows.high; iy++)
        for (long ix = columns.low; ix < columns.high; ix++) {
          long at = (iy * w.width + ix) * w.channels + c;
          Mask here = open & ((n == W ? load(x + at) : load(x + at, n)) == best);
          open &= ~here;
          Vec sum = (n == W ? load(dx + at) : load(dx + at, n)) + (here ? slope : Vec{});
          if (n == W) store(dx + at, sum); else store(dx + at, sum, n);
        }
    }
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

void max_pool_grad(const Windows& w, const float* x, const float* y, const float* dy, float* dx, Pool& pool) {
  int tasks = static_cast<int>(least<long>(w.batch, pool.threads()));
  long in = w.height * w.width * w.channels, out_row = w.out_width * w.channels;
  parallel(pool, tasks, [&](int task) {
    for (long k = part(w.batch, tasks, task); k < part(w.batch, tasks, task + 1); k++) {
      memset(dx + k * in, 0, 4 * in);
      for (long oy = 0; oy < w.out_height; oy++) {
        long at = (k * w.out_height + oy) * out_row;
        pool_row_grad(w, x + k * in, y + at, dy + at, dx + k * in, oy);
      }
    }
  });
}

}  // namespace caudal::CAUDAL_ISA
