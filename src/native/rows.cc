// Rows of arrays, by indices.
#include "kernels.h"
#include "vec.h"

namespace caudal::CAUDAL_ISA {

namespace {

constexpr long ALONE = 1 << 16;  // numbers that one thread moves as fast as two
constexpr long LINE = 16;        // numbers of a cache line, which no two threads write
constexpr long AHEAD = 4;        // rows that are asked for before they are read

template <bool ADDS>
void move(float* to, const float* from, long count) {
  long k = 0;
  for (; k + W <= count; k += W) store(to + k, ADDS ? load(to + k) + load(from + k) : load(from + k));
  for (; k < count; k++) to[k] = ADDS ? to[k] + from[k] : from[k];
}

template <bool ADDS>
void scatter(const Rows& r, float* to, const int64_t* index, const float* from, Pool& pool) {
  long lines = (r.width + LINE - 1) / LINE;
  bool alone = r.moved * r.width < ALONE || pool.threads() == 1;
  int tasks = alone ? 1 : static_cast<int>(least<long>(lines, pool.threads()));
  parallel(pool, tasks, [&](int task) {  // some columns of all rows each, so that the order of sums stays
    long low = part(lines, tasks, task) * LINE, high = least(r.width, part(lines, tasks, task + 1) * LINE);
    for (long k = 0; k < r.moved; k++) {
      long row = index[k] < 0 ? index[k] + r.count : index[k];
      if (row >= 0 && row < r.count) move<ADDS>(to + row * r.width + low, from + k * r.width + low, high - low);
    }
  });
}

}  // namespace

// Rows of values added to rows of an array that indices name, or put in their place; a row that comes again is added again, in order,
// and the last one that is put stays. An index that names no row is passed over.
void scatter_rows(const Rows& r, bool adds, float* to, const int64_t* index, const float* from, Pool& pool) {
  if (adds) scatter<true>(r, to, index, from, pool);
  else scatter<false>(r, to, index, from, pool);
}

// Rows of an array that indices name, one after the other; an index before or behind all rows names the first or the last.
void gather_rows(const Rows& r, const float* from, const int64_t* index, float* to, Pool& pool) {
  bool alone = r.moved * r.width < ALONE || pool.threads() == 1;
  int tasks = alone ? 1 : static_cast<int>(least<long>(r.moved, pool.threads()));
  auto row = [&](long k) { return from + most<long>(0, least<long>(index[k], r.count - 1)) * r.width; };
  parallel(pool, tasks, [&](int task) {
    long end = part(r.moved, tasks, task + 1);
    for (long k = part(r.moved, tasks, task); k < end; k++) {
      const float* next = row(least(k + AHEAD, end - 1));  // it lies anywhere in memory
      for (long n = 0; n < r.width; n += LINE) __builtin_prefetch(next + n);
      move<false>(to + k * r.width, row(k), r.width);
    }
  });
}

}  // namespace caudal::CAUDAL_ISA
