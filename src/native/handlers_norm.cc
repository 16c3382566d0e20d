#include "handlers.h"

namespace caudal {

static Norm norm(Floats x, float epsilon, bool relu) {
  long channels = x.dimensions()[x.dimensions().size() - 1];
  return {static_cast<long>(x.element_count()) / channels, channels, epsilon, relu};
}

static ffi::Error batch_norm(ffi::ThreadPool threads, Floats x, Floats scale, Floats offset, float epsilon, bool relu, Result y, Result mean,
                             Result variance) {
  XlaPool pool(threads);
  kernels().batch_norm(norm(x, epsilon, relu), x.typed_data(), scale.typed_data(), offset.typed_data(), y->typed_data(),
                       mean->typed_data(), variance->typed_data(), pool);
  return ffi::Error::Success();
}

static ffi::Error batch_norm_grad(ffi::ThreadPool threads, Floats dy, Floats x, Floats y, Floats scale, Floats mean, Floats variance,
                                  float epsilon, bool relu, Result dx, Result d_scale, Result d_offset) {
  XlaPool pool(threads);
  kernels().batch_norm_grad(norm(x, epsilon, relu), dy.typed_data(), x.typed_data(), y.typed_data(), scale.typed_data(),
                            mean.typed_data(), variance.typed_data(), dx->typed_data(), d_scale->typed_data(), d_offset->typed_data(),
                            pool);
  return ffi::Error::Success();
}

}  // namespace caudal

#define FLOATS .Arg<caudal::Floats>()
#define RESULTS .Attr<float>("epsilon").Attr<bool>("relu").Ret<caudal::Floats>().Ret<caudal::Floats>().Ret<caudal::Floats>()
CAUDAL_HANDLER(batch_norm, caudal::batch_norm, FLOATS FLOATS FLOATS RESULTS);
CAUDAL_HANDLER(batch_norm_grad, caudal::batch_norm_grad, FLOATS FLOATS FLOATS FLOATS FLOATS FLOATS RESULTS);
