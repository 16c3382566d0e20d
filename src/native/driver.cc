// Runs the kernels over drawn shapes, for the sanitizers to watch: every array ends where the kernel may not go on. Values are
// held to plain loops; what they should be to the last digit is tests/test_native.py's matter.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "kernels.h"

namespace {

using caudal::Windows;
using Array = std::vector<float>;

class Threads : public caudal::Pool {
 public:
  int threads() const override { return 3; }
  void run(int count, void (*task)(void*, int), void* data) override {
    std::vector<std::thread> all;
    for (int t = 0; t < 3; t++)
      all.emplace_back([=] { for (int k = t; k < count; k += 3) task(data, k); });
    for (auto& one : all) one.join();
  }
};

unsigned state = 1;
long draw(long low, long high) { return low + (state = state * 1664525u + 1013904223u) / 65536 % (high - low + 1); }

Array floats(long n) {
  Array made(n);
  for (float& x : made) x = draw(-8, 8) / 8.0f;
  return made;
}

void near(const char* what, const Array& have, const Array& want) {
  for (size_t k = 0; k < want.size(); k++)
    if (!(std::fabs(have[k] - want[k]) <= 1e-3f * (1 + std::fabs(want[k])))) {
      std::printf("%s: %g at %zu instead of %g\n", what, have[k], k, want[k]);
      std::exit(1);
    }
}

Windows windows() {
  Windows w{};
  w.batch = draw(0, 3), w.channels = draw(1, 40), w.window_height = draw(1, 5), w.window_width = draw(1, 5);
  w.stride_height = draw(1, 3), w.stride_width = draw(1, 3);
  w.top = draw(0, w.window_height - 1), w.left = draw(0, w.window_width - 1);
  w.height = draw(w.window_height, 12), w.width = draw(w.window_width, 12);
  w.out_height = (w.height + w.top + draw(0, w.window_height - 1) - w.window_height) / w.stride_height + 1;
  w.out_width = (w.width + w.left + draw(0, w.window_width - 1) - w.window_width) / w.stride_width + 1;
  return w;
}

// visit(input place, result place, place in the window) for all that meet.
template <class F>
void meet(const Windows& w, F&& visit) {
  for (long n = 0; n < w.batch; n++)
    for (long oy = 0; oy < w.out_height; oy++)
      for (long ox = 0; ox < w.out_width; ox++)
        for (long k = 0; k < w.window_height * w.window_width; k++) {
          long iy = oy * w.stride_height - w.top + k / w.window_width, ix = ox * w.stride_width - w.left + k % w.window_width;
          if (iy >= 0 && iy < w.height && ix >= 0 && ix < w.width)
            visit((n * w.height + iy) * w.width + ix, (n * w.out_height + oy) * w.out_width + ox, k);
        }
}

// A window that Winograd's minimal filtering takes.
Windows narrow() {
  Windows w = windows();
  long size = 3 + 2 * draw(0, 1);
  w.window_height = w.window_width = size, w.stride_height = w.stride_width = 1;
  w.top = draw(0, size - 1), w.left = draw(0, size - 1), w.height = draw(size, 12), w.width = draw(size, 12);
  w.out_height = w.height + w.top + draw(0, size - 1) - size + 1, w.out_width = w.width + w.left + draw(0, size - 1) - size + 1;
  return w;
}

void convolve(const caudal::Kernels& kernels, Threads& pool, const Windows& w, bool minimal) {
  long out = draw(1, 40), in = w.channels, places = w.batch * w.out_height * w.out_width;
  Array x = floats(w.batch * w.height * w.width * in), filter = floats(w.window_height * w.window_width * in * out);
  Array dy = floats(places * out), bias = floats(out), y(places * out), dx(x.size()), dw(filter.size());
  Array want_y(y.size()), want_dx(x.size()), want_dw(filter.size());
  for (size_t k = 0; k < want_y.size(); k++) want_y[k] = bias[k % out];
  meet(w, [&](long i, long o, long k) {
    for (long a = 0; a < in; a++)
      for (long b = 0; b < out; b++) {
        want_y[o * out + b] += x[i * in + a] * filter[(k * in + a) * out + b];
        want_dx[i * in + a] += dy[o * out + b] * filter[(k * in + a) * out + b];
        want_dw[(k * in + a) * out + b] += x[i * in + a] * dy[o * out + b];
      }
  });
  if (minimal) {
    kernels.winograd(w, x.data(), filter.data(), bias.data(), false, out, y.data(), pool);
    kernels.winograd_input_grad(w, dy.data(), filter.data(), out, dx.data(), pool);
    kernels.winograd_filter_grad(w, x.data(), dy.data(), out, dw.data(), pool);
    near("winograd", y, want_y), near("winograd_input_grad", dx, want_dx), near("winograd_filter_grad", dw, want_dw);
    return;
  }
  kernels.conv(w, x.data(), filter.data(), bias.data(), false, out, y.data(), pool);
  kernels.conv_input_grad(w, dy.data(), filter.data(), out, dx.data(), pool);
  kernels.conv_filter_grad(w, x.data(), dy.data(), out, dw.data(), pool);
  near("conv", y, want_y), near("conv_input_grad", dx, want_dx), near("conv_filter_grad", dw, want_dw);
}

void pools(const caudal::Kernels& kernels, Threads& pool) {
  Windows w = windows();
  long c = w.channels, places = w.batch * w.out_height * w.out_width;
  Array x = floats(w.batch * w.height * w.width * c), y(places * c), mean(places * c), dy = floats(places * c);
  Array dx(x.size()), bias(c);
  Array want(places * c, -INFINITY), want_bias(c);
  meet(w, [&](long i, long o, long) {
    for (long k = 0; k < c; k++) want[o * c + k] = std::fmax(want[o * c + k], x[i * c + k]);
  });
  kernels.max_pool(w, x.data(), y.data(), pool);
  near("max_pool", y, want);
  kernels.max_pool_grad(w, x.data(), y.data(), dy.data(), true, dx.data(), bias.data(), pool);
  for (size_t k = 0; k < y.size(); k++) want_bias[k % c] += y[k] > 0 ? dy[k] : 0;
  near("max_pool_grad", bias, want_bias);
  kernels.avg_pool(w, x.data(), mean.data(), pool);
  kernels.avg_pool_grad(w, dy.data(), dx.data(), pool);
  kernels.relu_bias_grad(x.data(), x.data(), w.batch * w.height * w.width, c, dx.data(), bias.data(), pool);
}

// Words, and the numbers made from them, in arrays that end with the last block.
void draws(const caudal::Kernels& kernels) {
  const uint64_t stream[3] = {uint64_t(draw(0, 1 << 15)) << 40 | 7, ~uint64_t{0}, (uint64_t{1} << 32) - 50};
  long count = draw(0, 200), first = draw(0, 100);
  std::vector<uint64_t> numbers(count);
  for (long k = 0; k < count; k++) numbers[k] = first + k;
  std::vector<uint32_t> words(4 * count);
  Array uniform(4 * count), normal(4 * count), truncated(4 * count), want(4 * count);
  kernels.draw_words(stream, numbers.data(), count, words.data());
  for (long k = 0; k < 4 * count; k++) want[k] = (words[k] & 0x7FFFFF) / 8388608.0f;
  kernels.draw_uniform(stream, first, count, uniform.data());
  near("draw_uniform", uniform, want);
  kernels.draw_normal(stream, first, count, normal.data());
  for (long k = 0; k < 4 * count; k += 2) {
    float radius = std::sqrt(-2 * std::log(std::fmax(want[k], 1e-7f))), angle = 6.2831853f * want[k + 1];
    want[k] = radius * std::sin(angle), want[k + 1] = radius * std::cos(angle);
  }
  near("draw_normal", normal, want);
  kernels.draw_truncated(stream, first, count, truncated.data());
  for (float& x : truncated) x = std::fmax(std::fabs(x), 2.0f);
  near("draw_truncated", truncated, Array(4 * count, 2.0f));
  const long most = count + 1;
  std::vector<int64_t> drawn(count), truth(first);
  for (long k = 0; k < first; k++) truth[k] = k % most;
  Array expected(first + count);
  const bool unique = count % 2;
  caudal::sample_log_uniform(stream, most, count, unique, truth.data(), first, drawn.data(), expected.data());
  long wrong = std::count_if(drawn.begin(), drawn.end(), [&](int64_t one) { return one < 0 || one >= most; });
  std::sort(drawn.begin(), drawn.end());
  wrong += unique && std::adjacent_find(drawn.begin(), drawn.end()) != drawn.end();
  near("sample_log_uniform", Array(1, float(wrong)), Array(1));
}

// A product of any factors, given as they are and packed.
void products(const caudal::Kernels& kernels, Threads& pool) {
  bool large = !draw(0, 9);
  caudal::Product p{draw(0, 30), draw(0, 40), draw(0, 80), !draw(0, 1), !draw(0, 1), false, !draw(0, 1)};
  if (large) p.rows = draw(100, 300), p.depth = draw(300, 900), p.columns = draw(1, 90);
  Array a = floats(p.rows * p.depth), b = floats(p.depth * p.columns), bias = floats(p.columns), c(p.rows * p.columns), want(c.size());
  for (long i = 0; i < p.rows; i++)
    for (long j = 0; j < p.columns; j++) {
      float sum = bias[j];
      for (long k = 0; k < p.depth; k++)
        sum += a[p.turned_a ? k * p.rows + i : i * p.depth + k] * b[p.turned_b ? j * p.depth + k : k * p.columns + j];
      want[i * p.columns + j] = p.relu ? std::fmax(sum, 0.0f) : sum;
    }
  kernels.product(p, a.data(), b.data(), bias.data(), c.data(), pool);
  near("product", c, want);
  long wide = 2 * kernels.width;
  Array panels((p.columns + wide - 1) / wide * wide * p.depth);
  kernels.pack_factor(p, b.data(), panels.data(), pool);
  p.packed_b = true;
  kernels.product(p, a.data(), panels.data(), bias.data(), c.data(), pool);
  near("a product with a packed factor", c, want);
}

// Rows added to rows of an array, put there, and taken, by indices of which some name none.
void rows(const caudal::Kernels& kernels, Threads& pool) {
  caudal::Rows r{draw(1, 40), draw(1, 50), draw(0, 60)};
  if (!draw(0, 9)) r.width = draw(1000, 3000);
  Array to = floats(r.count * r.width), from = floats(r.moved * r.width), put = to, sum = to, taken(from.size()), want_taken(from.size());
  std::vector<int64_t> index(r.moved);
  for (int64_t& k : index) k = draw(-r.count - 3, r.count + 3);
  Array want_put = to, want_sum = to;
  for (long k = 0; k < r.moved; k++) {
    long row = index[k] < 0 ? index[k] + r.count : index[k], near_row = index[k] < 0 ? 0 : index[k] < r.count ? index[k] : r.count - 1;
    for (long n = 0; n < r.width; n++) {
      want_taken[k * r.width + n] = to[near_row * r.width + n];
      if (row < 0 || row >= r.count) continue;
      want_put[row * r.width + n] = from[k * r.width + n], want_sum[row * r.width + n] += from[k * r.width + n];
    }
  }
  kernels.scatter_rows(r, true, sum.data(), index.data(), from.data(), pool);
  kernels.scatter_rows(r, false, put.data(), index.data(), from.data(), pool);
  kernels.gather_rows(r, to.data(), index.data(), taken.data(), pool);
  near("rows added", sum, want_sum), near("rows put", put, want_put), near("rows taken", taken, want_taken);
}

void norms(const caudal::Kernels& kernels, Threads& pool) {
  caudal::Norm n{draw(1, 60), draw(1, 90), 0.5f, !draw(0, 1)};
  if (!draw(0, 9)) n.rows = draw(2000, 9000);
  Array x = floats(n.rows * n.channels), dy = floats(x.size()), scale = floats(n.channels), offset = floats(n.channels), y(x.size());
  Array mean(n.channels), variance(n.channels), dx(x.size()), d_scale(n.channels), d_offset(n.channels);
  Array want_mean(n.channels), want_variance(n.channels), want_y(x.size()), want_scale(n.channels), want_offset(n.channels);
  for (size_t k = 0; k < x.size(); k++) want_mean[k % n.channels] += x[k] / n.rows;
  for (size_t k = 0; k < x.size(); k++) want_variance[k % n.channels] += std::pow(x[k] - want_mean[k % n.channels], 2.0f) / n.rows;
  kernels.batch_norm(n, x.data(), scale.data(), offset.data(), y.data(), mean.data(), variance.data(), pool);
  for (size_t k = 0; k < x.size(); k++) {
    long c = k % n.channels;
    float inverse = 1 / std::sqrt(want_variance[c] + n.epsilon), normal = (x[k] - want_mean[c]) * inverse;
    want_y[k] = normal * scale[c] + offset[c];
    if (n.relu) want_y[k] = std::fmax(want_y[k], 0.0f);
    float slope = n.relu && !(y[k] > 0) ? 0 : dy[k];
    want_offset[c] += slope, want_scale[c] += slope * normal;
  }
  near("mean", mean, want_mean), near("variance", variance, want_variance), near("batch_norm", y, want_y);
  kernels.batch_norm_grad(n, dy.data(), x.data(), n.relu ? y.data() : nullptr, scale.data(), mean.data(), variance.data(), dx.data(),
                          d_scale.data(), d_offset.data(), pool);
  near("batch_norm_grad by the scale", d_scale, want_scale), near("batch_norm_grad by the offset", d_offset, want_offset);
}

// Sums of squares of several arrays, sums over rows, and cross-entropy with labels of both kinds, of which some are no classes.
void losses(const caudal::Kernels& kernels, Threads& pool) {
  std::vector<Array> arrays;
  std::vector<const float*> at;
  std::vector<long> sizes;
  Array want;
  for (long k = draw(1, 4); k > 0; k--) {
    arrays.push_back(floats(draw(0, 9) ? draw(0, 90) : draw(16000, 70000)));
    want.push_back(0);
    for (float x : arrays.back()) want.back() += x * x / 2;
  }
  for (const Array& one : arrays) at.push_back(one.data()), sizes.push_back(static_cast<long>(one.size()));
  Array sums(at.size());
  kernels.half_squares(at.data(), sizes.data(), static_cast<int>(at.size()), sums.data(), pool);
  near("half_squares", sums, want);

  caudal::Matrix m{draw(1, 50), draw(1, 60)};
  if (!draw(0, 4)) m.columns = draw(1000, 3000), m.rows = draw(1, 150);
  Array x = floats(m.rows * m.columns), labels = floats(x.size()), loss(m.rows), slope(x.size()), want_loss(m.rows), want_slope(x.size());
  Array hot_loss(m.rows), hot_slope(x.size()), of_channels(m.columns), want_channels(m.columns);
  std::vector<int64_t> hot(m.rows);
  for (int64_t& k : hot) k = draw(-2, m.columns + 2);
  for (long r = 0; r < m.rows; r++) {
    float sum = 0;
    for (long c = 0; c < m.columns; c++) sum += std::exp(x[r * m.columns + c]);
    for (long c = 0; c < m.columns; c++) {
      size_t k = r * m.columns + c;
      float chance = std::exp(x[k]) / sum;
      want_loss[r] -= labels[k] * std::log(chance), want_slope[k] = chance - labels[k], want_channels[c] += x[k];
      if (c == hot[r]) hot_loss[r] = -std::log(chance);
      hot_slope[k] = chance - (c == hot[r]);
    }
  }
  kernels.cross_entropy(m, x.data(), nullptr, labels.data(), loss.data(), slope.data(), pool);
  near("cross_entropy", loss, want_loss), near("cross_entropy's slope", slope, want_slope);
  kernels.cross_entropy(m, x.data(), hot.data(), nullptr, loss.data(), slope.data(), pool);
  near("cross_entropy of classes", loss, hot_loss), near("cross_entropy's slope of classes", slope, hot_slope);
  kernels.channel_sums(m, x.data(), of_channels.data(), pool);
  near("channel_sums", of_channels, want_channels);
}

// A product and a difference of one array's rows, cut in two and joined again, with a row that all rows share and a number.
void functions(const caudal::Kernels& kernels, Threads& pool) {
  using P = caudal::Pointwise;
  long rows = draw(1, 30), columns = draw(0, 9) ? draw(1, 40) : draw(250, 600);
  Array x = floats(rows * 2 * columns), bias = floats(columns), one = floats(1), y(x.size()), want(y.size());
  for (long r = 0; r < rows; r++)
    for (long c = 0; c < columns; c++) {
      float a = x[r * 2 * columns + c], b = x[r * 2 * columns + columns + c], chance = 1 / (1 + std::exp(-(a + bias[c])));
      want[r * 2 * columns + c] = std::tanh(b) * chance, want[r * 2 * columns + columns + c] = a - one[0];
    }
  const P::View views[] = {{x.data(), 2 * columns, 1}, {x.data() + columns, 2 * columns, 1}, {bias.data(), 0, 1}, {one.data(), 0, 0},
                           {y.data(), 2 * columns, 1}, {y.data() + columns, 2 * columns, 1}};
  enum { kOne, kChance, kTanh, kA, kB, kBias, kNumber, kLeft, kRight };
  enum { kFill = 0, kSigmoid = 4, kTanhOf = 5, kAdd = 7, kSubtract = 8, kMultiply = 9 };
  const P::Step steps[] = {{kFill, kOne, kNumber, kNumber}, {kAdd, kChance, kA, kBias},         {kSigmoid, kChance, kChance, kChance},
                           {kTanhOf, kTanh, kB, kB},        {kMultiply, kLeft, kTanh, kChance}, {kSubtract, kRight, kA, kOne}};
  kernels.pointwise({rows, columns, 3, 6, 1, 6, views, steps}, pool);
  near("functions of elements", y, want);
}

// Adam's step of several variables of any sizes, some slopes scaled and with a part of the variable added; momentum's of one.
void updates(const caudal::Kernels& kernels, Threads& pool) {
  const float rates[4] = {0.01f, 0.9f, 0.99f, 1e-3f};
  long count = draw(1, 4);
  std::vector<Array> states, wanted, grads;
  std::vector<caudal::Update> all(count);
  for (long k = 0; k < count; k++) {
    long n = draw(0, 3) ? draw(0, 70) : draw(16000, 50000);
    for (int s = 0; s < 3; s++) states.push_back(floats(n));
    for (float& v : states.back()) v = std::fabs(v) + 0.1f;
    grads.push_back(floats(n));
  }
  wanted = states;
  for (long k = 0; k < count; k++) {
    Array *own = &states[3 * k], *want = &wanted[3 * k];
    bool scaled = draw(0, 1), decayed = draw(0, 1);
    all[k] = {long(grads[k].size()), {own[0].data(), own[1].data(), own[2].data()}, grads[k].data(), scaled, decayed, 0.5f, 0.1f};
    for (size_t i = 0; i < grads[k].size(); i++) {
      float g = (scaled ? 0.5f : 1) * grads[k][i] + (decayed ? 0.1f : 0) * want[0][i];
      want[1][i] += (g - want[1][i]) * (1 - rates[1]);
      want[2][i] += (g * g - want[2][i]) * (1 - rates[2]);
      want[0][i] -= rates[0] * want[1][i] / (std::sqrt(want[2][i]) + rates[3]);
    }
  }
  kernels.adam(rates, false, all.data(), static_cast<int>(count), pool);
  for (size_t k = 0; k < states.size(); k++) near("adam", states[k], wanted[k]);
  kernels.momentum(rates, true, all.data(), 1, pool);
  kernels.gradient_descent(rates, false, all.data(), 1, pool);
}

}  // namespace

int main(int count, char** words) {
  Threads pool;
  long times = count > 1 ? std::atol(words[1]) : 100;
  const caudal::Kernels& kernels = caudal::kernels();
  for (long k = 0; k < times; k++) {
    convolve(kernels, pool, windows(), false), convolve(kernels, pool, narrow(), true);
    pools(kernels, pool), updates(kernels, pool), draws(kernels);
    products(kernels, pool), functions(kernels, pool), rows(kernels, pool), norms(kernels, pool), losses(kernels, pool);
  }
  std::printf("%s: %ld shapes\n", kernels.name, times);
}
