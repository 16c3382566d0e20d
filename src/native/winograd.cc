// Convolution of stride 1 with filters of 3x3 and 5x5, and its two slopes, by Winograd's minimal filtering (winograd.h): results are cut
// into tiles of 4x4, tiles and filters transformed to POSITIONS = N x N matrices each, [tiles, in] and [in, out], which are
// multiplied position by position, and the products transformed back. A filter's slope is the sum over tiles of products of
// transformed images and slopes, transformed back.
#include "kernels.h"
#include "scratch.h"
#include "sums.h"
#include "winograd.h"

namespace caudal::CAUDAL_ISA {

namespace {

constexpr long ASIDE = 16;  // floats between rows and between positions that keep them from the same places of a cache

inline long rounded(long channels) { return (channels + W - 1) / W * W; }

struct Images {
  long batch, height, width, channels;
};

// Results of a stride of 1 cut into tiles, and where the images that they come from begin relative to them.
struct Tiles {
  long rows, columns, count;
  explicit Tiles(const Images& out)
      : rows((out.height + OUT - 1) / OUT), columns((out.width + OUT - 1) / OUT), count(out.batch * rows * columns) {}
  long image(long t) const { return t / (rows * columns); }
  long y(long t) const { return t / columns % rows * OUT; }
  long x(long t) const { return t % columns * OUT; }
};

// Where the SIZE x SIZE places from (y, x) on lie in image `n`; those outside of it are at `zeros`.
template <int SIZE>
void places(const Images& in, const float* values, long n, long y, long x, const float* zeros, const float** at) {
  for (long i = y; i < y + SIZE; i++)
    for (long j = x; j < x + SIZE; j++, at++) {
      bool inside = i >= 0 && i < in.height && j >= 0 && j < in.width;
      *at = inside ? values + ((n * in.height + i) * in.width + j) * in.channels : zeros;
    }
}

// Transforms one tile of all channels: vector `c` of position k goes to at(k, c).
template <class Transform, class At>
void transform_tile(const float* const* from, long channels, At&& at) {
  constexpr int FROM = Transform::FROM, TO = Transform::TO;
  for (long c = 0; c < channels; c += W) {
    auto write = [&](int y, int x, Vec v) { store(at(y * TO + x, c), v); };
    int have = static_cast<int>(least<long>(W, channels - c));
    if (have == W)
      square<Transform>([&](int y, int x) { return load(from[y * FROM + x] + c); }, write);
    else
      square<Transform>([&](int y, int x) { return load(from[y * FROM + x] + c, have); }, write);
  }
}

// Filters at all positions, as panels of 2 * W channels of the result (sums.h).
struct Filters {
  long depth, channels, step;  // step: from position to position
  Filters(long depth, long channels) : depth(depth), channels(channels), step(panels_size(depth, channels) + ASIDE) {}
};

// A cut of `deep` by `have` of filters [R, R, depth, channels], at most 2 * W of each, side by side: from where they lie apart, they push
// each other out of a cache. If `turned`, of filters [R, R, channels, depth], last tap first.
template <int R>
void cut_filters(const Filters& f, const float* filter, bool turned, long deep, long have, float* to) {
  for (long t = 0; t < R * R; t++, to += 4 * W * W) {
    const float* from = filter + (turned ? R * R - 1 - t : t) * f.depth * f.channels;
    if (have < 2 * W) memset(to, 0, 16 * W * W);
    if (turned)
      for (long c = 0; c < have; c++)
        for (long k = 0; k < deep; k++) to[k * 2 * W + c] = from[c * f.depth + k];
    else
      for (long k = 0; k < deep; k++) memcpy(to + k * 2 * W, from + k * f.channels, 4 * have);
  }
}

// Calls visit(j, k, have, deep) for cuts of filters, channels from j on and depths from k on, by threads.
template <class F>
void each_cut(const Filters& f, Pool& pool, F&& visit) {
  long panels = (f.channels + 2 * W - 1) / (2 * W), cuts = (f.depth + 2 * W - 1) / (2 * W);
  int tasks = static_cast<int>(least<long>(panels * cuts, 4L * pool.threads()));
  parallel(pool, tasks, [&](int task) {
    for (long u = part(panels * cuts, tasks, task); u < part(panels * cuts, tasks, task + 1); u++) {
      long j = u / cuts * 2 * W, k = u % cuts * 2 * W;
      visit(j, k, least<long>(2 * W, f.channels - j), least<long>(2 * W, f.depth - k));
    }
  });
}

// Transforms filters [R, R, depth, channels], or [R, R, channels, depth] if `turned`, for the other direction.
template <int R>
void transform_filters(const Filters& f, const float* filter, bool turned, float* weights, Pool& pool) {
  using Transform = Values<R, R, true>;
  each_cut(f, pool, [&](long j, long k, long have, long deep) {
    float* cut = scratch(kImage, R * R * 4 * W * W);
    long width = have > W ? 2 * W : W;
    cut_filters<R>(f, filter + (turned ? j * f.depth + k : k * f.channels + j), turned, deep, have, cut);
    for (long i = 0; i < deep; i++)
      for (long n = 0; n < width; n += W) {
        const float* from = cut + i * 2 * W + n;
        float* to = weights + j * f.depth + (k + i) * width + n;
        square<Transform>([&](int y, int x) { return load(from + (y * R + x) * 4 * W * W); },
                          [&](int y, int x, Vec v) { store(to + (y * Transform::TO + x) * f.step, v); });
      }
  });
}

// Asks for memory that will be read soon, from the second cache: the first has no room for it yet.
inline void ahead(const float* from, long floats) {
  for (long k = 0; k < floats; k += 16) __builtin_prefetch(from + k, 0, 2);
}

// sums[t] = values[t] times panels of `depth` rows, for `tiles` rows. What comes next, panels and the next position's values, is
// asked for on the way: all of it lies in the outer caches and is read once.
void multiply(const float* values, long pitch, long tiles, const float* panels, long depth, long channels, float* sums, long wide,
              const float* then) {
  long groups = (tiles + 5) / 6, rounds = groups * ((channels + 2 * W - 1) / (2 * W)), round = 0;
  for (long j = 0; j < channels; j += 2 * W) {
    int vectors = channels - j > W ? 2 : 1;
    for (long k = 0, run; k < depth; k += run) {
      run = depth - k <= BLOCK + BLOCK / 2 ? depth - k : BLOCK;
      const float* b = panels + j * depth + k * vectors * W;
      long size = run * vectors * W;
      for (long t = 0; t < tiles; t += 6) {
        int m = static_cast<int>(least<long>(6, tiles - t));
        const float* a[6];
        float* c[6];
        for (int i = 0; i < m; i++) {
          a[i] = values + (t + i) * pitch + k, c[i] = sums + (t + i) * wide + j;
          __builtin_prefetch(c[i], 1), __builtin_prefetch(c[i] + vectors * W - 1, 1);
        }
        ahead(b + size + t / 6 * size / groups, size / groups + 15);
        if (k == 0) ahead(then + round++ * tiles * pitch / rounds, tiles * pitch / rounds + 15);
        (vectors == 1 ? tile_of<1>(m) : tile_of<2>(m))({1, run, 0}, a, b, c, W, k == 0, nullptr, false);
      }
    }
  }
}

// How many tiles are transformed at once: so many that filters are read often enough, so few that all fits into the outer caches.
inline long fitting(long channels) { return least(96L, most(24L, 32768 / channels)); }

// How many tiles a task takes, cut evenly.
long together(const Tiles& tiles, long channels, const Pool& pool) {
  long fit = fitting(channels);
  long tasks = (tiles.count + fit - 1) / fit;
  tasks = most(1L, (tasks + pool.threads() - 1) / pool.threads() * pool.threads());
  return most(6L, ((tiles.count + tasks - 1) / tasks + 5) / 6 * 6);
}

// Sums of a tile back to places, with a bias, and without what is below 0 if `relu`.
template <int R>
void results(const float* sums, long step, const Images& out, long n, long y, long x, const float* bias, bool relu, float* to) {
  using Transform = Sums<R, OUT, false>;
  long rows = least<long>(OUT, out.height - y), columns = least<long>(OUT, out.width - x);
  to += ((n * out.height + y) * out.width + x) * out.channels;
  for (long c = 0; c < out.channels; c += W) {
    int have = static_cast<int>(least<long>(W, out.channels - c));
    Vec added = bias ? load(bias + c, have) : Vec{};
    auto write = [&](int i, int j, Vec v) {
      if (i >= rows || j >= columns) return;
      v += added;
      if (relu) v = Vec{} > v ? Vec{} : v;  // NaN stays
      float* at = to + (i * out.width + j) * out.channels + c;
      if (have == W) store(at, v);
      else store(at, v, have);
    };
    square<Transform>([&](int i, int j) { return load(sums + (i * Transform::FROM + j) * step + c); }, write);
  }
}

// The correlation with stride 1 of `x`, [top, left] of padding before it, with filters of R x R.
template <int R>
void correlate(const Images& in, const Images& out, long top, long left, const float* x, const float* filter, bool turned,
               const float* bias, bool relu, float* y, Pool& pool) {
  constexpr int N = Points<R>::N, POSITIONS = N * N;
  Tiles tiles(out);
  Filters f(in.channels, out.channels);
  long block = together(tiles, rounded(in.channels) + rounded(out.channels), pool);
  long pitch = rounded(in.channels) + ASIDE, wide = rounded(out.channels) + ASIDE;
  long step = block * pitch + ASIDE, leap = block * wide + ASIDE;
  Lent lent(POSITIONS * f.step + in.channels);
  float* weights = lent.at();
  float* zeros = weights + POSITIONS * f.step;
  memset(zeros, 0, 4 * in.channels);
  transform_filters<R>(f, filter, turned, weights, pool);
  parallel(pool, static_cast<int>((tiles.count + block - 1) / block), [&](int task) {
    long begin = task * block, count = least(block, tiles.count - begin);
    float* values = scratch(kImage, POSITIONS * step);
    float* sums = scratch(kSums, POSITIONS * leap);
    for (long t = 0; t < count; t++) {
      const float* at[POSITIONS];
      places<N>(in, x, tiles.image(begin + t), tiles.y(begin + t) - top, tiles.x(begin + t) - left, zeros, at);
      transform_tile<OfImage<R>>(at, in.channels, [&](int k, long c) { return values + k * step + t * pitch + c; });
    }
    for (long k = 0; k < POSITIONS; k++)
      multiply(values + k * step, pitch, count, weights + k * f.step, in.channels, out.channels, sums + k * leap, wide,
               values + (k + 1) * step);
    for (long t = 0; t < count; t++)
      results<R>(sums + t * wide, leap, out, tiles.image(begin + t), tiles.y(begin + t), tiles.x(begin + t), bias, relu, y);
  });
}

// How many tiles' transforms are summed before the next are made: the same for any number of threads, as it is the order of sums.
long summed(const Tiles& tiles, long channels) {
  long fit = fitting(channels), blocks = most(1L, (tiles.count + fit - 1) / fit);
  return most(1L, (tiles.count + blocks - 1) / blocks);
}

// Adds the products of `tiles` rows, values' [depth] and slopes', panels of 2 * W channels, to panels of sums. `then`: as in `multiply`.
void multiply_turned(const float* values, long pitch, long tiles, const float* slopes, long depth, long channels, float* sums,
                     bool first, const float* then) {
  long panels = (channels + 2 * W - 1) / (2 * W), rounds = panels * ((depth + 5) / 6), round = 0;
  for (long j = 0; j < channels; j += 2 * W) {
    int vectors = channels - j > W ? 2 : 1;
    Pairs pairs{1, tiles, 0, pitch, 0, vectors * W};
    float* c = sums + j * depth;
    if (first) memset(c, 0, 4 * depth * vectors * W);
    for (long m = 0; m < depth; m += 6, c += 6 * vectors * W) {
      int high = static_cast<int>(least<long>(6, depth - m));
      ahead(then + round++ * tiles * pitch / rounds, tiles * pitch / rounds + 15);
      (vectors == 1 ? filter_tile_of<1>(high) : filter_tile_of<2>(high))(pairs, values + m, slopes + j * tiles, c);
    }
  }
}

// Sums at all positions, as panels, back to filters [R, R, depth, channels].
template <int R>
void slopes_of_filters(const Filters& f, const float* sums, float* dw, Pool& pool) {
  using Transform = Sums<R, R, true>;
  each_cut(f, pool, [&](long j, long k, long have, long deep) {
    float* cut = scratch(kWeights, R * R * 4 * W * W);
    long width = have > W ? 2 * W : W;
    for (long i = 0; i < deep; i++)
      for (long n = 0; n < width; n += W) {
        const float* from = sums + j * f.depth + (k + i) * width + n;
        float* to = cut + i * 2 * W + n;
        square<Transform>([&](int y, int x) { return load(from + (y * Transform::FROM + x) * f.step); },
                          [&](int y, int x, Vec v) { store(to + (y * R + x) * 4 * W * W, v); });
      }
    for (long t = 0; t < R * R; t++)
      for (long i = 0; i < deep; i++)
        memcpy(dw + (t * f.depth + k + i) * f.channels + j, cut + t * 4 * W * W + i * 2 * W, 4 * have);
  });
}

// The slope by the filters: blocks of tiles one after the other, transformed by threads, then multiplied by threads, a position each.
template <int R>
void correlate_slopes(const Images& in, const Images& out, long top, long left, const float* x, const float* dy, float* dw,
                      Pool& pool) {
  constexpr int N = Points<R>::N, POSITIONS = N * N;
  Tiles tiles(out);
  Filters f(in.channels, out.channels);
  long block = summed(tiles, rounded(in.channels) + rounded(out.channels));
  long pitch = rounded(in.channels) + ASIDE, step = block * pitch + ASIDE, leap = block * rounded(out.channels) + ASIDE;
  long widest = most(in.channels, out.channels);
  Lent lent(POSITIONS * (step + leap + f.step) + widest);
  float* values = lent.at();
  float* slopes = values + POSITIONS * step;
  float* sums = slopes + POSITIONS * leap;
  float* zeros = sums + POSITIONS * f.step;
  memset(zeros, 0, 4 * widest);
  if (!tiles.count) memset(sums, 0, 4 * POSITIONS * f.step);
  for (long begin = 0; begin < tiles.count; begin += block) {
    long count = least(block, tiles.count - begin);
    int tasks = static_cast<int>(least<long>(count, pool.threads()));
    parallel(pool, tasks, [&](int task) {
      for (long t = part(count, tasks, task); t < part(count, tasks, task + 1); t++) {
        const float *at[POSITIONS], *from[OUT * OUT];
        long n = tiles.image(begin + t), oy = tiles.y(begin + t), ox = tiles.x(begin + t);
        places<N>(in, x, n, oy - top, ox - left, zeros, at);
        transform_tile<OfImage<R>>(at, in.channels, [&](int k, long c) { return values + k * step + t * pitch + c; });
        places<OUT>(out, dy, n, oy, ox, zeros, from);
        transform_tile<Values<R, OUT, false>>(from, out.channels, [&](int k, long c) {
          long panel = c / (2 * W) * 2 * W, width = out.channels - panel > W ? 2 * W : W;
          return slopes + k * leap + panel * count + t * width + c - panel;
        });
      }
    });
    parallel(pool, POSITIONS, [&](int k) {
      multiply_turned(values + k * step, pitch, count, slopes + k * leap, in.channels, out.channels, sums + k * f.step, begin == 0,
                      values + (k + 1) * step);
    });
  }
  slopes_of_filters<R>(f, sums, dw, pool);
}

}  // namespace

void winograd(const Windows& w, const float* x, const float* filter, const float* bias, bool relu, long channels, float* y,
              Pool& pool) {
  Images in{w.batch, w.height, w.width, w.channels}, out{w.batch, w.out_height, w.out_width, channels};
  (w.window_height == 3 ? correlate<3> : correlate<5>)(in, out, w.top, w.left, x, filter, false, bias, relu, y, pool);
}

// The slope by the input: the correlation of dy with the filters, last tap first.
void winograd_input_grad(const Windows& w, const float* dy, const float* filter, long channels, float* dx, Pool& pool) {
  Images in{w.batch, w.out_height, w.out_width, channels}, out{w.batch, w.height, w.width, w.channels};
  long top = w.window_height - 1 - w.top, left = w.window_width - 1 - w.left;
  (w.window_height == 3 ? correlate<3> : correlate<5>)(in, out, top, left, dy, filter, true, nullptr, false, dx, pool);
}

void winograd_filter_grad(const Windows& w, const float* x, const float* dy, long channels, float* dw, Pool& pool) {
  Images in{w.batch, w.height, w.width, w.channels}, out{w.batch, w.out_height, w.out_width, channels};
  (w.window_height == 3 ? correlate_slopes<3> : correlate_slopes<5>)(in, out, w.top, w.left, x, dy, dw, pool);
}

}  // namespace caudal::CAUDAL_ISA
