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
                          dy.typed_data(), false, dx->typed_data(), nullptr, pool);
  return ffi::Error::Success();
}

static ffi::Error max_pool_relu_grad(ffi::ThreadPool threads, Floats x, Floats y, Floats dy, Numbers window, Numbers strides,
                                     Numbers pads, Result dx, Result bias) {
  XlaPool pool(threads);
  kernels().max_pool_grad(windows(x.dimensions(), y.dimensions(), window, strides, pads), x.typed_data(), y.typed_data(),
                          dy.typed_data(), true, dx->typed_data(), bias->typed_data(), pool);
  return ffi::Error::Success();
}

static ffi::Error relu_bias_grad(ffi::ThreadPool threads, Floats dy, Floats y, Result dx, Result bias) {
  XlaPool pool(threads);
  long channels = bias->element_count(), rows = channels ? dy.element_count() / channels : 0;
  kernels().relu_bias_grad(dy.typed_data(), y.typed_data(), rows, channels, dx->typed_data(), bias->typed_data(), pool);
  return ffi::Error::Success();
}

static ffi::Error avg_pool(ffi::ThreadPool threads, Floats x, Numbers window, Numbers strides, Numbers pads, Result y) {
  XlaPool pool(threads);
  kernels().avg_pool(windows(x.dimensions(), y->dimensions(), window, strides, pads), x.typed_data(), y->typed_data(), pool);
  return ffi::Error::Success();
}

static ffi::Error avg_pool_grad(ffi::ThreadPool threads, Floats dy, Numbers window, Numbers strides, Numbers pads, Result dx) {
  XlaPool pool(threads);
  kernels().avg_pool_grad(windows(dx->dimensions(), dy.dimensions(), window, strides, pads), dy.typed_data(), dx->typed_data(),
                          pool);
  return ffi::Error::Success();
}

}  // namespace caudal

#define WINDOWS .Attr<caudal::Numbers>("window").Attr<caudal::Numbers>("strides").Attr<caudal::Numbers>("pads")

#define FLOATS .Arg<caudal::Floats>()
#define MADE .Ret<caudal::Floats>()

CAUDAL_HANDLER(max_pool, caudal::max_pool, FLOATS WINDOWS MADE);
CAUDAL_HANDLER(max_pool_grad, caudal::max_pool_grad, FLOATS FLOATS FLOATS WINDOWS MADE);
CAUDAL_HANDLER(max_pool_relu_grad, caudal::max_pool_relu_grad, FLOATS FLOATS FLOATS WINDOWS MADE MADE);
CAUDAL_HANDLER(relu_bias_grad, caudal::relu_bias_grad, FLOATS FLOATS MADE MADE);
CAUDAL_HANDLER(avg_pool, caudal::avg_pool, FLOATS WINDOWS MADE);
CAUDAL_HANDLER(avg_pool_grad, caudal::avg_pool_grad, FLOATS WINDOWS MADE);
