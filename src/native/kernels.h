// What every instruction set offers: one row a kernel.
#pragma once

#include <cstdint>

#include "parallel.h"

namespace caudal {

// Windows over images [batch, height, width, channels]; the result is [batch, out_height, out_width, channels], or has
// channels of its own, for a convolution with a filter [window_height, window_width, channels, its own].
struct Windows {
  long batch, height, width, channels, out_height, out_width;
  long window_height, window_width, stride_height, stride_width, top, left;  // top, left: rows and columns of padding
};

// A product of matrices: [rows, depth] times [depth, columns]; a turned factor lies with its dimensions the other way, and a packed
// one as `pack_factor` packs it. `relu`: without what is below 0.
struct Product {
  long rows, depth, columns;
  bool turned_a, turned_b, packed_b, relu;
};

struct Matrix {
  long rows, columns;
};

// Rows of an array, and how many are moved to them.
struct Rows {
  long count, width, moved;
};

// Rows of channels that are normalised; `relu`: without what is below 0.
struct Norm {
  long rows, channels;
  float epsilon;
  bool relu;
};

// One variable's update: its value and slots, changed in place, and its slope: scale * grad + decay * value.
struct Update {
  long size;
  float* state[3];
  const float* grad;
  bool scaled, decayed;
  float scale, decay;
};

// Functions of the elements of some arrays, one after the other. Places are numbered: registers, which hold a stretch of a row, then views.
struct Pointwise {
  static constexpr int MOST = 192;      // places
  static constexpr int FUNCTIONS = 14;  // that there are
  // [rows, columns] of an array: how far it is from row to row, and from column to column (1 or 0).
  struct View {
    float* at;
    long row, column;
  };
  struct Step {
    int function, to, a, b;  // which one, and places
  };
  long rows, columns;
  int registers, views, once, steps;  // the first `once` steps don't hang on rows or columns
  const View* view;
  const Step* step;
};

#define CAUDAL_KERNELS(KERNEL)                                                                                    \
  KERNEL(draw_words, (const uint64_t* stream, const uint64_t* numbers, long count, uint32_t* out))                   \
  KERNEL(draw_uniform, (const uint64_t* stream, uint64_t first, long count, float* out))                            \
  KERNEL(draw_normal, (const uint64_t* stream, uint64_t first, long count, float* out))                             \
  KERNEL(draw_truncated, (const uint64_t* stream, uint64_t first, long count, float* out))                          \
  KERNEL(gradient_descent, (const float* rates, bool nesterov, const Update*, int count, Pool&))                    \
  KERNEL(momentum, (const float* rates, bool nesterov, const Update*, int count, Pool&))                            \
  KERNEL(adam, (const float* rates, bool nesterov, const Update*, int count, Pool&))                                \
  KERNEL(adagrad, (const float* rates, bool nesterov, const Update*, int count, Pool&))                             \
  KERNEL(rms_prop, (const float* rates, bool nesterov, const Update*, int count, Pool&))                            \
  KERNEL(product, (const Product&, const float* a, const float* b, const float* bias, float* c, Pool&))       \
  KERNEL(half_squares, (const float* const* arrays, const long* sizes, int count, float* sums, Pool&))                 \
  KERNEL(cross_entropy, (const Matrix&, const float* logits, const int64_t* hot, const float* labels, float* loss, float* slope, Pool&)) \
  KERNEL(channel_sums, (const Matrix&, const float* x, float* sums, Pool&))                                            \
  KERNEL(batch_norm, (const Norm&, const float* x, const float* scale, const float* offset, float* y, float* mean, float* variance, Pool&)) \
  KERNEL(batch_norm_grad, (const Norm&, const float* dy, const float* x, const float* y, const float* scale, const float* mean, \
                           const float* variance, float* dx, float* d_scale, float* d_offset, Pool&)) \
  KERNEL(pointwise, (const Pointwise&, Pool&))                                                                          \
  KERNEL(pack_factor, (const Product&, const float* b, float* panels, Pool&))                                            \
  KERNEL(gather_rows, (const Rows&, const float* from, const int64_t* index, float* to, Pool&))                            \
  KERNEL(scatter_rows, (const Rows&, bool adds, float* to, const int64_t* index, const float* from, Pool&))                \
  KERNEL(conv, (const Windows&, const float* x, const float* filter, const float* bias, bool relu, long channels, float* y, Pool&)) \
  KERNEL(conv_input_grad, (const Windows&, const float* dy, const float* filter, long channels, float* dx, Pool&)) \
  KERNEL(conv_filter_grad, (const Windows&, const float* x, const float* dy, long channels, float* dw, Pool&))   \
  KERNEL(winograd, (const Windows&, const float* x, const float* filter, const float* bias, bool relu, long channels, float* y, Pool&)) \
  KERNEL(winograd_input_grad, (const Windows&, const float* dy, const float* filter, long channels, float* dx, Pool&)) \
  KERNEL(winograd_filter_grad, (const Windows&, const float* x, const float* dy, long channels, float* dw, Pool&))   \
  KERNEL(max_pool, (const Windows&, const float* x, float* y, Pool&))                                             \
  KERNEL(max_pool_grad, (const Windows&, const float* x, const float* y, const float* dy, bool relu, float* dx, float* bias, Pool&)) \
  KERNEL(relu_bias_grad, (const float* dy, const float* y, long rows, long channels, float* dx, float* bias, Pool&)) \
  KERNEL(avg_pool, (const Windows&, const float* x, float* y, Pool&)) \
  KERNEL(avg_pool_grad, (const Windows&, const float* dy, float* dx, Pool&))

struct Kernels {
  const char* name;  // of the instruction set
  int width;         // of its vectors, in floats
#define CAUDAL_FIELD(NAME, ARGS) void(*NAME) ARGS;
  CAUDAL_KERNELS(CAUDAL_FIELD)
#undef CAUDAL_FIELD
};

#ifdef CAUDAL_ISA
namespace CAUDAL_ISA {
extern const Kernels table;
#define CAUDAL_DECLARE(NAME, ARGS) void NAME ARGS;
CAUDAL_KERNELS(CAUDAL_DECLARE)
#undef CAUDAL_DECLARE
}  // namespace CAUDAL_ISA
#endif

// The kernels for this processor: the widest vectors that it has, or those that the environment's CAUDAL_NATIVE names.
const Kernels& kernels();

// Classes of [0, most) by Zipf's law, one after another, `number` of them, all different if `unique`; `expected` tells of `truth`, then of
// `drawn`, how often each was to be expected.
void sample_log_uniform(const uint64_t* stream, int64_t most, long number, bool unique, const int64_t* truth, long truths, int64_t* drawn, float* expected);

}  // namespace caudal
