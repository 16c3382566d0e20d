#include <cstring>

#include "handlers.h"

namespace caudal {

static ffi::Error scatter_rows(ffi::ThreadPool threads, Floats x, ffi::Buffer<ffi::S64> index, Floats values, bool adds, Result y) {
  if (y->typed_data() != x.typed_data()) std::memcpy(y->typed_data(), x.typed_data(), x.size_bytes());
  if (!x.element_count() || !values.element_count()) return ffi::Error::Success();
  XlaPool pool(threads);
  long count = x.dimensions()[0], width = static_cast<long>(x.element_count()) / count;
  kernels().scatter_rows({count, width, static_cast<long>(index.element_count())}, adds, y->typed_data(), index.typed_data(),
                         values.typed_data(), pool);
  return ffi::Error::Success();
}

static ffi::Error gather_rows(ffi::ThreadPool threads, Floats x, ffi::Buffer<ffi::S64> index, Result y) {
  if (!x.element_count() || !y->element_count()) return ffi::Error::Success();
  XlaPool pool(threads);
  long count = x.dimensions()[0], width = static_cast<long>(x.element_count()) / count;
  kernels().gather_rows({count, width, static_cast<long>(index.element_count())}, x.typed_data(), index.typed_data(), y->typed_data(),
                        pool);
  return ffi::Error::Success();
}

}  // namespace caudal

CAUDAL_HANDLER(gather_rows, caudal::gather_rows,
               .Arg<caudal::Floats>().Arg<xla::ffi::Buffer<xla::ffi::S64>>().Ret<caudal::Floats>());
CAUDAL_HANDLER(scatter_rows, caudal::scatter_rows,
               .Arg<caudal::Floats>().Arg<xla::ffi::Buffer<xla::ffi::S64>>().Arg<caudal::Floats>().Attr<bool>("adds")
                   .Ret<caudal::Floats>());
