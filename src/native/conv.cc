// Convolution and its two slopes, without a copy of every window: a window's row lies in the image as one run of memory
// ([width, channels]), so a result is a sum over `window_height` such runs. A tile of M places by N vectors of channels is
// held in registers. Images are copied once with their padding, weights once into panels as wide as a tile.
#include "kernels.h"
#include "scratch.h"
#include "sums.h"

namespace caudal::CAUDAL_ISA {

namespace {

constexpr long NEAR = 5000;    // floats of an image that stay there as well
constexpr long FEW = 32;       // places: for fewer, sums are read and written too often

// The panel from channel `j` on of `taps` matrices [inner, channels], or [channels, inner] if `turned`; `tap_of(t)` is where
// matrix t lies.
template <class F>
void pack_panel(F&& tap_of, long taps, long inner, long channels, bool turned, long j, float* out) {
  long width = channels - j > W ? 2 * W : W, have = least(width, channels - j);
  for (long t = 0; t < taps; t++, out += inner * width) {
    const float* tap = tap_of(t);
    if (have < width) memset(out, 0, 4 * inner * width);
    if (turned)
      for (long c = 0; c < have; c++)
        for (long k = 0; k < inner; k++) out[k * width + c] = tap[(j + c) * inner + k];
    else
      for (long k = 0; k < inner; k++)
        for (long c = 0; c < have; c++) out[k * width + c] = tap[k * channels + j + c];
  }
}

template <class F>
void pack(F&& tap_of, long taps, long inner, long channels, bool turned, float* out, Pool& pool) {
  long panels = (channels + 2 * W - 1) / (2 * W);
  int tasks = static_cast<int>(taps * inner * channels < 32768 ? 1 : least<long>(panels, pool.threads()));
  parallel(pool, tasks, [&](int task) {
    for (long p = part(panels, tasks, task); p < part(panels, tasks, task + 1); p++)
      pack_panel(tap_of, taps, inner, channels, turned, 2 * W * p, out + 2 * W * p * taps * inner);
  });
}

// How many images a task takes, so that weights are read for more than the few places of a small one.
inline long together(long batch, long places, const Pool& pool) {
  return most(1L, least(batch / (2L * pool.threads()), 160 / most(1L, places)));
}

// An image [height, width, channels] in the midst of zeros, rows `low` to `high` of it as padded.
void pad_image(const float* x, long height, long width, long channels, long top, long left, long low, long high, long wide,
               float* out) {
  long row = wide * channels;
  for (long r = low; r < high; r++, out += row) {
    long iy = r - top;
    long begin = left * channels, size = least(width, wide - left) * channels;
    if (iy < 0 || iy >= height) {
      memset(out, 0, 4 * row);
      continue;
    }
    memset(out, 0, 4 * begin);
    memcpy(out + begin, x + iy * width * channels, 4 * size);
    memset(out + begin + size, 0, 4 * (row - begin - size));
  }
}

}  // namespace

void conv(const Windows& w, const float* x, const float* filter, const float* bias, bool relu, long channels, float* y,
          Pool& pool) {
  long run = w.window_width * w.channels, depth = w.window_height * run, size = panels_size(depth, channels);
  long tall = (w.out_height - 1) * w.stride_height + w.window_height, wide = (w.out_width - 1) * w.stride_width + w.window_width;
  bool padded = w.top || w.left || tall > w.height || wide > w.width;
  long image = padded ? tall * wide * w.channels : w.height * w.width * w.channels;
  if (!padded) wide = w.width;
  long places = w.out_height * w.out_width, images = together(w.batch, places, pool);
  long tasks = (w.batch + images - 1) / images;
  long wanted = 4L * pool.threads();
  long pieces = tasks < wanted && images == 1 ? least(w.out_height, (wanted + tasks - 1) / most(1L, tasks)) : 1;
  float* weights = scratch(kWeights, size + 16 + 4 * images * places);
  long* from = reinterpret_cast<long*>(weights + size);
  long* to = from + images * places;
  pack([&](long k) { return filter + k * channels; }, 1, depth, channels, false, weights, pool);
  for (long p = 0; p < images * places; p++) {
    long at = p % places;
    from[p] = p / places * image + (at / w.out_width * w.stride_height * wide + at % w.out_width * w.stride_width) * w.channels;
    to[p] = p * channels;
  }
  Sum sum{w.window_height, run, wide * w.channels};
  parallel(pool, static_cast<int>(tasks * pieces), [&](int task) {
    long begin = task / pieces * images, count = least(images, w.batch - begin), piece = task % pieces;
    long low = w.out_height * piece / pieces, high = w.out_height * (piece + 1) / pieces;
    const float* in = x + begin * w.height * w.width * w.channels;
    if (padded) {
      long first = low * w.stride_height, end = (high - 1) * w.stride_height + w.window_height;
      float* copy = scratch(kImage, count * image);
      for (long k = 0; k < count; k++)
        pad_image(in + k * w.height * w.width * w.channels, w.height, w.width, w.channels, w.top, w.left, first, end, wide,
                  copy + k * image + first * wide * w.channels);
      in = copy;
    }
    long at = low * w.out_width, have = count > 1 ? count * places : (high - low) * w.out_width;
    sums_at(sum, in, from + at, weights, y + begin * places * channels, to + at, have, channels, bias, relu);
  });
}

namespace {

// One of the stride * stride kinds of place in the input: those that the same part of a filter meets.
struct Phase {
  Sum sum;
  long weights, begin, count;  // where its panels and its places begin, and how many places there are
};

}  // namespace

// The slope by the input: each phase is a convolution of dy, padded, with the taps that meet it, last one first.
void conv_input_grad(const Windows& w, const float* dy, const float* filter, long channels, float* dx, Pool& pool) {
  long sh = w.stride_height, sw = w.stride_width, places = w.height * w.width;
  long above = (w.window_height + sh - 1) / sh - 1, before = (w.window_width + sw - 1) / sw - 1;
  long tall = above + most(w.out_height, (w.height - 1 + w.top) / sh + 1);
  long wide = before + most(w.out_width, (w.width - 1 + w.left) / sw + 1);
  long in = w.height * w.width * w.channels, out = w.out_height * w.out_width * channels;
  long images = together(w.batch, places, pool);
  long image = tall * wide * channels;
  long size = panels_size(w.window_height * w.window_width * channels, w.channels);
  float* weights = scratch(kWeights, size + 16 + 4 * images * places + sizeof(Phase) / 4 * sh * sw);
  long* from = reinterpret_cast<long*>(weights + size);
  long* to = from + images * places;
  Phase* phases = reinterpret_cast<Phase*>(to + images * places);
  long used = 0, seen = 0;
  int count = 0;
  for (long py = 0; py < sh; py++)
    for (long px = 0; px < sw; px++) {
      long rows = py < w.window_height ? (w.window_height - py + sh - 1) / sh : 0;
      long columns = px < w.window_width ? (w.window_width - px + sw - 1) / sw : 0;
      Phase phase{{rows, columns * channels, wide * channels}, used, seen, 0};
      for (long k = 0; k < images; k++)
        for (long iy = ((py - w.top) % sh + sh) % sh; iy < w.height; iy += sh)
          for (long ix = ((px - w.left) % sw + sw) % sw; ix < w.width; ix += sw, seen++) {
            long qy = (iy + w.top) / sh, qx = (ix + w.left) / sw;
            from[seen] = k * image + ((qy - rows + 1 + above) * wide + qx - columns + 1 + before) * channels;
            to[seen] = k * in + (iy * w.width + ix) * w.channels;
          }
      phase.count = (seen - phase.begin) / images;
      if (rows && columns) {
        auto tap_of = [&](long t) {
          long ky = py + (rows - 1 - t / columns) * sh, kx = px + (columns - 1 - t % columns) * sw;
          return filter + (ky * w.window_width + kx) * w.channels * channels;
        };
        pack(tap_of, rows * columns, channels, w.channels, true, weights + used, pool);
        used += panels_size(rows * columns * channels, w.channels);
      }
      phases[count++] = phase;
    }
  bool padded = above || before || tall > w.out_height || wide > w.out_width;
  parallel(pool, static_cast<int>((w.batch + images - 1) / images), [&](int task) {
    long first = task * images, have = least(images, w.batch - first);
    const float* slope = dy + first * out;
    if (padded) {
      float* copy = scratch(kImage, have * image);
      for (long k = 0; k < have; k++)
        pad_image(slope + k * out, w.out_height, w.out_width, channels, above, before, 0, tall, wide, copy + k * image);
      slope = copy;
    }
    float* result = dx + first * in;
    for (int k = 0; k < count; k++) {
      const Phase& p = phases[k];
      if (p.sum.segments && p.sum.run) {
        sums_at(p.sum, slope, from + p.begin, weights + p.weights, result, to + p.begin, have * p.count, w.channels, nullptr,
                false);
      } else {
        for (long i = 0; i < have * p.count; i++) memset(result + to[p.begin + i], 0, 4 * w.channels);
      }
    }
  });
}

namespace {

// Adds what one image gives to the part of the filters that is row `ky` and the channels from `j` on: `sums`, a panel.
void filter_unit(const Windows& w, const float* image, long wide, const float* dy, long channels, long ky, long j, float* sums) {
  long run = w.window_width * w.channels, left = channels - j;
  int vectors = left > W ? 2 : 1;
  int last = static_cast<int>(least<long>(W, left - (vectors - 1) * W));
  int tall = vectors == 1 ? 8 : 6;
  long rows_near = most(NEAR / (w.stride_height * wide * w.channels), (FEW + w.out_width - 1) / w.out_width), width = vectors * W;
  rows_near = least(rows_near, w.out_height);
  float* slope = scratch(kSlope, rows_near * w.out_width * width);
  for (long low = 0; low < w.out_height; low += rows_near) {
    long rows = least(rows_near, w.out_height - low);
    const float* b = dy + low * w.out_width * channels + j;
    long b_column = channels;
    if (last < W || run > 3 * tall) {
      for (long p = 0; p < rows * w.out_width; p++)
        for (int n = 0; n < vectors; n++) {
          const float* from = b + p * channels + n * W;
          store(slope + p * width + n * W, n < vectors - 1 || last == W ? load(from) : load(from, last));
        }
      b = slope, b_column = width;
    }
    long row_step = w.stride_height * wide * w.channels, column_step = w.stride_width * w.channels;
    Pairs pairs{rows, w.out_width, row_step, column_step, w.out_width * b_column, b_column};
    const float* a = image + (low * w.stride_height + ky) * wide * w.channels;
    for (long m = 0; m < run; m += tall) {
      int high = static_cast<int>(least<long>(tall, run - m));
      (vectors == 1 ? filter_tile_of<1>(high) : filter_tile_of<2>(high))(pairs, a + m, b, sums + m * width);
    }
  }
}

inline long width_of(long channels, long panel) { return channels - panel * 2 * W > W ? 2 * W : W; }

// A panel's rows as channels of `dw`, summed over `groups` panels that lie `step` apart.
void unpack(const float* sums, int groups, long step, long rows, long channels, long panel, float* dw) {
  long width = width_of(channels, panel), j = panel * 2 * W, have = least(width, channels - j);
  for (long r = 0; r < rows; r++)
    for (long c = 0; c < have; c++) {
      float sum = 0;
      for (int g = 0; g < groups; g++) sum += sums[g * step + r * width + c];
      dw[r * channels + j + c] = sum;
    }
}

}  // namespace

// The slope by the filters. Small filters: each task has some images and sums of its own, added up in order at the end;
// large ones: each task has a part of the filters and goes through all images.
void conv_filter_grad(const Windows& w, const float* x, const float* dy, long channels, float* dw, Pool& pool) {
  long run = w.window_width * w.channels, size = w.window_height * run * channels;
  long tall = (w.out_height - 1) * w.stride_height + w.window_height, wide = (w.out_width - 1) * w.stride_width + w.window_width;
  bool padded = w.top || w.left || tall > w.height || wide > w.width;
  if (!padded) wide = w.width;
  long plain = w.height * w.width * w.channels, grown = padded ? tall * wide * w.channels : plain;
  long out = w.out_height * w.out_width * channels, images = most(1L, 100000 / most(1L, grown + out));
  long panels = (channels + 2 * W - 1) / (2 * W), units = panels * w.window_height;
  long depth = w.window_height * run, sums_size = panels_size(depth, channels);
  int groups = static_cast<int>(size <= 65536 ? most(1L, least<long>(w.batch, pool.threads())) : 1);
  int parts = static_cast<int>(groups > 1 ? 1 : least<long>(units, pool.threads()));
  float* sums = scratch(kSums, groups * sums_size);
  auto at = [&](int group, long unit) {
    long panel = unit % panels;
    return sums + group * sums_size + panel * 2 * W * depth + unit / panels * run * width_of(channels, panel);
  };
  parallel(pool, groups * parts, [&](int task) {
    int group = task / parts;
    long low = part(units, parts, task % parts), high = part(units, parts, task % parts + 1);
    for (long u = low; u < high; u++) memset(at(group, u), 0, 4 * run * width_of(channels, u % panels));
    long end = part(w.batch, groups, group + 1);
    for (long k = part(w.batch, groups, group); k < end; k += images) {
      long count = least(images, end - k);
      const float* image = x + k * plain;
      if (padded) {
        float* copy = scratch(kImage, count * grown);
        for (long i = 0; i < count; i++)
          pad_image(image + i * plain, w.height, w.width, w.channels, w.top, w.left, 0, tall, wide, copy + i * grown);
        image = copy;
      }
      const float* slope = dy + k * out;
      for (long u = low; u < high; u++)
        for (long i = 0; i < count; i++)
          filter_unit(w, image + i * grown, wide, slope + i * out, channels, u / panels, u % panels * 2 * W, at(group, u));
    }
    if (groups == 1)
      for (long u = low; u < high; u++) unpack(at(0, u), 1, 0, run, channels, u % panels, dw + u / panels * run * channels);
  });
  if (groups > 1)
    for (long u = 0; u < units; u++)
      unpack(at(0, u), groups, sums_size, run, channels, u % panels, dw + u / panels * run * channels);
}

}  // namespace caudal::CAUDAL_ISA
