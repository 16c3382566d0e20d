#include "handlers.h"

namespace caudal {

static Windows windows(Floats::Dimensions x, Floats::Dimensions filter, Floats::Dimensions y, Numbers strides, Numbers pads) {
  return {x[0], x[1], x[2], x[3], y[1], y[2], filter[0], filter[1], strides[0], strides[1], pads[0], pads[1]};
}

using Forward = void (*Kernels::*)(const Windows&, const float*, const float*, const float*, bool, long, float*, Pool&);
using Slope = void (*Kernels::*)(const Windows&, const float*, const float*, long, float*, Pool&);

template <Forward KERNEL>
static ffi::Error conv(ffi::ThreadPool threads, Floats x, Floats filter, Floats bias, Numbers strides, Numbers pads, bool relu,
                       Result y) {
  XlaPool pool(threads);
  Windows w = windows(x.dimensions(), filter.dimensions(), y->dimensions(), strides, pads);
  const float* added = bias.element_count() ? bias.typed_data() : nullptr;
  (kernels().*KERNEL)(w, x.typed_data(), filter.typed_data(), added, relu, filter.dimensions()[3], y->typed_data(), pool);
  return ffi::Error::Success();
}

template <Slope KERNEL>
static ffi::Error conv_input_grad(ffi::ThreadPool threads, Floats filter, Floats dy, Numbers strides, Numbers pads, Result dx) {
  XlaPool pool(threads);
  Windows w = windows(dx->dimensions(), filter.dimensions(), dy.dimensions(), strides, pads);
  (kernels().*KERNEL)(w, dy.typed_data(), filter.typed_data(), filter.dimensions()[3], dx->typed_data(), pool);
  return ffi::Error::Success();
}

template <Slope KERNEL>
static ffi::Error conv_filter_grad(ffi::ThreadPool threads, Floats x, Floats dy, Numbers strides, Numbers pads, Result dw) {
  XlaPool pool(threads);
  Windows w = windows(x.dimensions(), dw->dimensions(), dy.dimensions(), strides, pads);
  (kernels().*KERNEL)(w, x.typed_data(), dy.typed_data(), dw->dimensions()[3], dw->typed_data(), pool);
  return ffi::Error::Success();
}

}  // namespace caudal

#define STEPS .Attr<caudal::Numbers>("strides").Attr<caudal::Numbers>("pads")
#define FLOATS .Arg<caudal::Floats>()

#define FORWARD FLOATS FLOATS FLOATS STEPS.Attr<bool>("relu").Ret<caudal::Floats>()
#define SLOPE FLOATS FLOATS STEPS.Ret<caudal::Floats>()

CAUDAL_HANDLER(conv, caudal::conv<&caudal::Kernels::conv>, FORWARD);
CAUDAL_HANDLER(conv_input_grad, caudal::conv_input_grad<&caudal::Kernels::conv_input_grad>, SLOPE);
CAUDAL_HANDLER(conv_filter_grad, caudal::conv_filter_grad<&caudal::Kernels::conv_filter_grad>, SLOPE);
CAUDAL_HANDLER(winograd, caudal::conv<&caudal::Kernels::winograd>, FORWARD);
CAUDAL_HANDLER(winograd_input_grad, caudal::conv_input_grad<&caudal::Kernels::winograd_input_grad>, SLOPE);
CAUDAL_HANDLER(winograd_filter_grad, caudal::conv_filter_grad<&caudal::Kernels::winograd_filter_grad>, SLOPE);
