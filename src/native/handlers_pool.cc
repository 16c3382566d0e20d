#include "handlers.h"

namespace caudal {

static Windows windows(Floats::Dimensions x, Floats::Dimensions y, Numbers window, Numbers strides, Numbers pads) {
  return {x[0], x[1], x[2], x[3], y[1], y[2], window[0], window[1], strides[0], strides[1], pads[0], pads[1]};
}

static ffi::Error max_pool(ffi::ThreadPool threads, Floats x, Numbers window, Numbers strides, Numbers pads, Result y) {
  XlaPool pool(threads);
  kernels().max_pool(windows(x.dimensions(), y->dimensions(), window, strides, pads), x.typed_data(), y->typed_data(), pool);
  return ffi::Error::Success();
}

static ffi::Error max_pool_grad(ffi::ThreadPool threads, Floats x, Floats y, Floats dy, Numbers window, Numbers strides,
                                Numbers pads, Result dx) {
  XlaPool pool(threads);
  kernels().max_pool_grad(windows(x.dimensions(), y.dimensions(), window, strides, pads), x.typed_data(), y.typed_data(),
                          dy.typed_data(), dx->typed_data(), pool);
  return ffi::Error::Success();
}

}  // namespace caudal

#define WINDOWS .Attr<caudal::Numbers>("window").Attr<caudal::Numbers>("strides").Attr<caudal::Numbers>("pads")

CAUDAL_HANDLER(max_pool, caudal::max_pool, .Arg<caudal::Floats>() WINDOWS.Ret<caudal::Floats>());
CAUDAL_HANDLER(max_pool_grad, caudal::max_pool_grad,
               .Arg<caudal::Floats>().Arg<caudal::Floats>().Arg<caudal::Floats>() WINDOWS.Ret<caudal::Floats>());
