// Work shared by threads. A kernel cuts its work into tasks whose number follows from shapes and the number of threads,
// never from the clock, and each task writes what no other does: so the bits are the same from run to run.
#pragma once

namespace caudal {

class Pool {
 public:
  virtual ~Pool() = default;
  virtual int threads() const = 0;
  // Calls task(data, k) for k from 0 to count - 1, from several threads, and returns when all are done.
  virtual void run(int count, void (*task)(void*, int), void* data) = 0;
};

template <class F>
void parallel(Pool& pool, int count, F&& body) {
  if (count == 1) return body(0);
  if (count > 1) pool.run(count, [](void* data, int k) { (*static_cast<F*>(data))(k); }, &body);
}

// The first item of part `k` of `items` that are cut into `parts`.
inline long part(long items, int parts, int k) { return items * k / parts; }

}  // namespace caudal
