#include "handlers.h"

namespace caudal {

using Panels = ffi::Buffer<ffi::F32, 3>;

static long panels(long columns) { return (columns + 2 * kernels().width - 1) / (2 * kernels().width); }

static ffi::Error product(ffi::ThreadPool threads, Floats a, Floats b, bool turned_a, bool turned_b, Result c) {
  XlaPool pool(threads);
  auto of_a = a.dimensions(), of_b = b.dimensions();
  Product p{of_a[turned_a], of_a[!turned_a], of_b[!turned_b], turned_a, turned_b, false, false};
  kernels().product(p, a.typed_data(), b.typed_data(), nullptr, c->typed_data(), pool);
  return ffi::Error::Success();
}

static ffi::Error dense(ffi::ThreadPool threads, Floats a, Floats b, Floats bias, bool turned_a, bool turned_b, bool relu, Result c) {
  XlaPool pool(threads);
  auto of_a = a.dimensions(), of_b = b.dimensions();
  Product p{of_a[turned_a], of_a[!turned_a], of_b[!turned_b], turned_a, turned_b, false, relu};
  kernels().product(p, a.typed_data(), b.typed_data(), bias.typed_data(), c->typed_data(), pool);
  return ffi::Error::Success();
}

static ffi::Error product_packed(ffi::ThreadPool threads, Floats a, Panels b, bool turned_a, Result c) {
  XlaPool pool(threads);
  auto of_a = a.dimensions();
  Product p{of_a[turned_a], of_a[!turned_a], c->dimensions()[1], turned_a, false, true, false};
  if (static_cast<long>(b.element_count()) != panels(p.columns) * p.depth * 2 * kernels().width)
    return ffi::Error::InvalidArgument("a factor that was packed for other vectors");
  kernels().product(p, a.typed_data(), b.typed_data(), nullptr, c->typed_data(), pool);
  return ffi::Error::Success();
}

static ffi::Error pack_factor(ffi::ThreadPool threads, Floats b, bool turned_b, ffi::Result<Panels> to) {
  XlaPool pool(threads);
  auto of_b = b.dimensions();
  Product p{0, of_b[turned_b], of_b[!turned_b], false, turned_b, false, false};
  if (static_cast<long>(to->element_count()) != panels(p.columns) * p.depth * 2 * kernels().width)
    return ffi::Error::InvalidArgument("panels for other vectors");
  kernels().pack_factor(p, b.typed_data(), to->typed_data(), pool);
  return ffi::Error::Success();
}

}  // namespace caudal

#define FLOATS .Arg<caudal::Floats>()
CAUDAL_HANDLER(product, caudal::product,
               FLOATS FLOATS.Attr<bool>("turned_a").Attr<bool>("turned_b").Ret<caudal::Floats>());
CAUDAL_HANDLER(dense, caudal::dense,
               FLOATS FLOATS FLOATS.Attr<bool>("turned_a").Attr<bool>("turned_b").Attr<bool>("relu").Ret<caudal::Floats>());
CAUDAL_HANDLER(product_packed, caudal::product_packed,
               FLOATS.Arg<caudal::Panels>().Attr<bool>("turned_a").Ret<caudal::Floats>());
CAUDAL_HANDLER(pack_factor, caudal::pack_factor, FLOATS.Attr<bool>("turned_b").Ret<caudal::Panels>());
