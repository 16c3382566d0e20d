// Handlers of sums and of cross-entropy.
#include <vector>

#include "handlers.h"

namespace caudal {

using Any = ffi::AnyBuffer;

static Matrix matrix(Floats x) {
  long columns = x.dimensions()[x.dimensions().size() - 1];
  return {static_cast<long>(x.element_count()) / columns, columns};
}

static ffi::Error half_squares(ffi::ThreadPool threads, ffi::RemainingArgs arrays, ffi::RemainingRets sums) {
  std::vector<const float*> at;
  std::vector<long> sizes;
  for (size_t k = 0; k < arrays.size(); k++) {
    auto x = arrays.get<Floats>(k);
    if (!x) return ffi::Error::InvalidArgument("arrays of other numbers than float32");
    at.push_back(x->typed_data()), sizes.push_back(x->element_count());
  }
  XlaPool pool(threads);
  std::vector<float> made(at.size());
  kernels().half_squares(at.data(), sizes.data(), static_cast<int>(at.size()), made.data(), pool);
  if (sums.size() != made.size()) return ffi::Error::InvalidArgument("another number of results than of arrays");
  for (size_t k = 0; k < made.size(); k++) {
    auto to = sums.get<Floats>(k);
    if (!to) return ffi::Error::InvalidArgument("a result of other numbers than float32");
    *(*to)->typed_data() = made[k];
  }
  return ffi::Error::Success();
}

// `labels`: whole numbers, one for each row, or float32 numbers, one for each class too.
static ffi::Error cross_entropy(ffi::ThreadPool threads, Floats logits, Any labels, Result loss, Result slope) {
  XlaPool pool(threads);
  Matrix m = matrix(logits);
  std::vector<int64_t> wide;
  const int64_t* hot = nullptr;
  const float* each = nullptr;
  if (labels.element_type() == ffi::S64) {
    hot = labels.typed_data<int64_t>();
  } else if (labels.element_type() == ffi::S32) {
    const int32_t* narrow = labels.typed_data<int32_t>();
    wide.assign(narrow, narrow + labels.element_count());
    hot = wide.data();
  } else if (labels.element_type() == ffi::F32) {
    each = labels.typed_data<float>();
  } else {
    return ffi::Error::InvalidArgument("labels of another type");
  }
  if (static_cast<long>(labels.element_count()) != (each ? m.rows * m.columns : m.rows)) return ffi::Error::InvalidArgument("labels of other rows");
  kernels().cross_entropy(m, logits.typed_data(), hot, each, loss->typed_data(), slope->typed_data(), pool);
  return ffi::Error::Success();
}

static ffi::Error channel_sums(ffi::ThreadPool threads, Floats x, Result sums) {
  XlaPool pool(threads);
  kernels().channel_sums(matrix(x), x.typed_data(), sums->typed_data(), pool);
  return ffi::Error::Success();
}

// An array that a loop fills, row by row: whatever lies there. XLA would fill it with zeros first, and copy these for the next. `number` tells
// such calls apart.
static ffi::Error blank(ffi::ThreadPool, int64_t, ffi::Result<Any>) { return ffi::Error::Success(); }

}  // namespace caudal

CAUDAL_HANDLER(blank, caudal::blank, .Attr<int64_t>("number").Ret<caudal::Any>());
CAUDAL_HANDLER(half_squares, caudal::half_squares, .RemainingArgs().RemainingRets());
CAUDAL_HANDLER(cross_entropy, caudal::cross_entropy,
               .Arg<caudal::Floats>().Arg<caudal::Any>().Ret<caudal::Floats>().Ret<caudal::Floats>());
CAUDAL_HANDLER(channel_sums, caudal::channel_sums, .Arg<caudal::Floats>().Ret<caudal::Floats>());
