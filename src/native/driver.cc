// Runs the kernels over drawn shapes, for the sanitizers to watch: every array ends where the kernel may not go on. Values are
// held to plain loops; what they should be to the last digit is tests/test_native.py's matter.
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

void convolve(const caudal::Kernels& kernels, Threads& pool) {
  Windows w = windows();
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

}  // namespace

int main(int count, char** words) {
  Threads pool;
  long times = count > 1 ? std::atol(words[1]) : 100;
  for (long k = 0; k < times; k++) convolve(caudal::kernels(), pool), pools(caudal::kernels(), pool);
  std::printf("%s: %ld shapes\n", caudal::kernels().name, times);
}
