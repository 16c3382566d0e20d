#include "handlers.h"

namespace caudal {

static ffi::Error product(ffi::ThreadPool threads, Floats a, Floats b, Floats bias, bool turned_a, bool turned_b, bool relu, Result c) {
  XlaPool pool(threads);
  auto of_a = a.dimensions(), of_b = b.dimensions();
  Product p{of_a[turned_a], of_a[!turned_a], of_b[!turned_b], turned_a, turned_b};
  kernels().product(p, a.typed_data(), b.typed_data(), bias.element_count() ? bias.typed_data() : nullptr, relu, c->typed_data(), pool);
  return ffi::Error::Success();
}

}  // namespace caudal

CAUDAL_HANDLER(product, caudal::product,
               .Arg<caudal::Floats>().Arg<caudal::Floats>().Arg<caudal::Floats>().Attr<bool>("turned_a").Attr<bool>("turned_b")
                   .Attr<bool>("relu").Ret<caudal::Floats>());
