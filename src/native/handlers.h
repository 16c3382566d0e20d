// What handlers share: XLA's threads as a Pool, and short names.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "kernels.h"
#include "xla/ffi/api/ffi.h"

namespace caudal {

namespace ffi = xla::ffi;
using Floats = ffi::Buffer<ffi::F32>;
using Result = ffi::ResultBuffer<ffi::F32>;
using Numbers = ffi::Span<const int64_t>;

// XLA's own threads. The caller works too and never waits for a task that nobody has begun: so a handler that runs on
// one of these threads can't wait for itself.
class XlaPool : public Pool {
 public:
  explicit XlaPool(ffi::ThreadPool pool) : pool_(pool), threads_(static_cast<int>(pool.num_threads())) {}

  int threads() const override { return threads_ > 1 ? threads_ : 1; }

  void run(int count, void (*task)(void*, int), void* data) override {
    if (threads_ <= 1) {
      for (int k = 0; k < count; k++) task(data, k);
      return;
    }
    auto work = std::make_shared<Work>(count, task, data);
    int helpers = (count < threads_ ? count : threads_) - 1;
    for (int k = 0; k < helpers; k++) pool_.Schedule([work] { work->help(); });
    work->help();
    work->wait();
  }

 private:
  struct Work {
    Work(int count, void (*task)(void*, int), void* data) : count(count), task(task), data(data) {}

    void help() {
      for (int k; (k = next.fetch_add(1, std::memory_order_relaxed)) < count;) {
        task(data, k);
        if (done.fetch_add(1, std::memory_order_acq_rel) + 1 == count) {
          std::lock_guard<std::mutex> lock(mutex);
          all_done.notify_all();
        }
      }
    }

    void wait() {
      for (int spin = 0; spin < 20000; spin++) {
        if (done.load(std::memory_order_acquire) == count) return;
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
      }
      std::unique_lock<std::mutex> lock(mutex);
      all_done.wait(lock, [this] { return done.load(std::memory_order_acquire) == count; });
    }

    const int count;
    void (*const task)(void*, int);
    void* const data;
    std::atomic<int> next{0}, done{0};
    std::mutex mutex;
    std::condition_variable all_done;
  };

  ffi::ThreadPool pool_;
  int threads_;
};

}  // namespace caudal

// Makes `FUNCTION` known as the symbol `caudal_NAME`; the rest binds its arguments.
#define CAUDAL_HANDLER(NAME, FUNCTION, BINDING)                                                                     \
  extern "C" __attribute__((visibility("default"))) XLA_FFI_Error* caudal_##NAME(XLA_FFI_CallFrame*);               \
  XLA_FFI_DEFINE_HANDLER_SYMBOL(caudal_##NAME, FUNCTION, xla::ffi::Ffi::Bind().Ctx<xla::ffi::ThreadPool>() BINDING)
