// Handlers of random numbers that a step draws; what is drawn outside of steps, calls.cc gives to Python.
#include "handlers.h"

namespace caudal {

using Stream = ffi::Buffer<ffi::U64, 1>;

constexpr long PIECE = 2048;  // blocks of four numbers

typedef void (*Draw)(const uint64_t*, uint64_t, long, float*);

static ffi::Error draw(ffi::ThreadPool threads, Stream stream, Result numbers, Draw kernel) {
  XlaPool pool(threads);
  if (stream.element_count() != 3 || numbers->element_count() % 4) return ffi::Error::InvalidArgument("a stream of 3 numbers, and blocks of 4");
  long blocks = numbers->element_count() / 4;
  int tasks = static_cast<int>((blocks + PIECE - 1) / PIECE);
  parallel(pool, tasks, [&](int task) {
    long from = part(blocks, tasks, task), to = part(blocks, tasks, task + 1);
    kernel(stream.typed_data(), from, to - from, numbers->typed_data() + 4 * from);
  });
  return ffi::Error::Success();
}

static ffi::Error uniform(ffi::ThreadPool threads, Stream stream, Result numbers) { return draw(threads, stream, numbers, kernels().draw_uniform); }
static ffi::Error normal(ffi::ThreadPool threads, Stream stream, Result numbers) { return draw(threads, stream, numbers, kernels().draw_normal); }

}  // namespace caudal

CAUDAL_HANDLER(uniform, caudal::uniform, .Arg<caudal::Stream>().Ret<caudal::Floats>());
CAUDAL_HANDLER(normal, caudal::normal, .Arg<caudal::Stream>().Ret<caudal::Floats>());
