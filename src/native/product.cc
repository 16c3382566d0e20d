// Products of matrices. The second factor is packed into panels of 2 * W columns, cut along the sum into blocks that stay in the first
// cache while rows of the first factor, from the second cache, pass by in groups of ROWS.
#include "kernels.h"
#include "scratch.h"
#include "vec.h"

namespace caudal::CAUDAL_ISA {

namespace {

constexpr int ROWS = 6;           // of a tile: 12 sums in registers
constexpr long WIDE = 2 * W;      // columns of a panel
constexpr long DEEP = 320;        // the longest sum between two reads of a result
constexpr long KEPT = 65536;      // floats of the first factor that stay in the second cache
constexpr long ALONE = 1 << 18;   // multiplications that one thread does as fast as two

// The second factor from some row and column on: its element k, n is at[k * pitch + n], or at[n * pitch + k] if it is turned.
struct Side {
  const float* at;
  long pitch;
  bool turned;
};

// c[m][...] (+)= sum over k of a's [m][k] * b[k * WIDE ...]; `last`: columns of the last vector.
struct Tile {
  long depth, wide;
  const float* a;
  long row;  // from row to row of `a`, whose k lie side by side; packed: rows lie side by side
  const float* b;
  float* c;
  const float* bias;  // what sums begin with; null: with zeros
  int last;
  bool first, relu;
};

template <int M, int N, bool PACKED>
void tile(const Tile& t) {
  Vec sums[M][N];
  auto part = [&](const float* from, int n) { return n < N - 1 || t.last == W ? load(from + n * W) : load(from + n * W, t.last); };
  if (t.first) {
#pragma GCC unroll 4
    for (int n = 0; n < N; n++) {
      Vec start = t.bias ? part(t.bias, n) : Vec{};
#pragma GCC unroll 8
      for (int m = 0; m < M; m++) sums[m][n] = start;
    }
  } else {
    for (int m = 0; m < M; m++)  // not unrolled: GCC would keep the sums on the stack
#pragma GCC unroll 4
      for (int n = 0; n < N; n++) sums[m][n] = part(t.c + m * t.wide, n);
  }
  const float* a[M];
#pragma GCC unroll 8
  for (int m = 0; m < M; m++) a[m] = t.a + m * t.row;
  const float *b = t.b, *packed = t.a;
  for (long k = 0; k < t.depth; k++, b += WIDE, packed += ROWS) {
    Vec bv[N];
#pragma GCC unroll 4
    for (int n = 0; n < N; n++) bv[n] = load(b + n * W);
#pragma GCC unroll 8
    for (int m = 0; m < M; m++) {
      Vec av = all(PACKED ? packed[m] : a[m][k]);
#pragma GCC unroll 4
      for (int n = 0; n < N; n++) sums[m][n] += av * bv[n];
    }
  }
  if (t.relu) {
#pragma GCC unroll 8
    for (int m = 0; m < M; m++)
#pragma GCC unroll 4
      for (int n = 0; n < N; n++) sums[m][n] = Vec{} > sums[m][n] ? Vec{} : sums[m][n];  // NaN stays
  }
  for (int m = 0; m < M; m++)
#pragma GCC unroll 4
    for (int n = 0; n < N; n++) {
      float* to = t.c + m * t.wide + n * W;
      if (n < N - 1 || t.last == W) store(to, sums[m][n]);
      else store(to, sums[m][n], t.last);
    }
}

using Run = void (*)(const Tile&);

template <int N, bool PACKED>
Run run_of(int m) {
  static const Run all[] = {tile<1, N, PACKED>, tile<2, N, PACKED>, tile<3, N, PACKED>,
                            tile<4, N, PACKED>, tile<5, N, PACKED>, tile<6, N, PACKED>};
  return all[m - 1];
}

// W x W numbers, rows become columns.
inline void turn(const float* from, long row, float* to, long wide) {
#if CAUDAL_WIDTH == 8 && defined(__AVX2__)
  __m256 r[8], s[8];
  for (int k = 0; k < 8; k++) r[k] = _mm256_loadu_ps(from + k * row);
  for (int k = 0; k < 8; k += 2) s[k] = _mm256_unpacklo_ps(r[k], r[k + 1]), s[k + 1] = _mm256_unpackhi_ps(r[k], r[k + 1]);
  for (int k = 0; k < 8; k += 4)
    for (int i = 0; i < 2; i++) {
      r[k + 2 * i] = _mm256_shuffle_ps(s[k + i], s[k + 2 + i], 0x44);
      r[k + 2 * i + 1] = _mm256_shuffle_ps(s[k + i], s[k + 2 + i], 0xee);
    }
  for (int k = 0; k < 4; k++) {
    _mm256_storeu_ps(to + k * wide, _mm256_permute2f128_ps(r[k], r[k + 4], 0x20));
    _mm256_storeu_ps(to + (k + 4) * wide, _mm256_permute2f128_ps(r[k], r[k + 4], 0x31));
  }
#else
  for (int i = 0; i < W; i++)
    for (int k = 0; k < W; k++) to[k * wide + i] = from[i * row + k];
#endif
}

// Rows [from, to) of a panel: `have` columns of the second factor, side by side, and zeros beyond them. `from` is a multiple of W.
void pack(const Side& b, long from, long to, long have, float* panel) {
  if (from == to) return;
  if (have < WIDE) memset(panel + from * WIDE, 0, 4 * WIDE * (to - from));
  if (!b.turned) {
    for (long k = from; k < to; k++)
      if (have == WIDE) store(panel + k * WIDE, load(b.at + k * b.pitch)), store(panel + k * WIDE + W, load(b.at + k * b.pitch + W));
      else memcpy(panel + k * WIDE, b.at + k * b.pitch, 4 * have);
    return;
  }
  long whole = from + (to - from) / W * W, n = 0;
  for (; n + W <= have; n += W) {
    for (long k = from; k < whole; k += W) turn(b.at + n * b.pitch + k, b.pitch, panel + k * WIDE + n, WIDE);
    for (long k = whole; k < to; k++)
      for (long i = n; i < n + W; i++) panel[k * WIDE + i] = b.at[i * b.pitch + k];
  }
  for (; n < have; n++)
    for (long k = from; k < to; k++) panel[k * WIDE + n] = b.at[n * b.pitch + k];
}

// Asks for what `pack` will read.
void ahead(const Side& b, long from, long to, long have) {
  for (long i = b.turned ? 0 : from; i < (b.turned ? have : to); i++)
    for (long n = b.turned ? from : 0; n < (b.turned ? to : have); n += 16) __builtin_prefetch(b.at + i * b.pitch + n);
}

// A panel: `have` columns of the second factor, packed at `at`, a share at a time, while the panel before it is multiplied.
struct Panel {
  Side side;
  long depth, have, column;
  float* at;

  void pack_share(long share, long shares) const {
    pack(side, row(share, shares), row(share + 1, shares), have, at);
    ahead(side, row(share + 1, shares), row(share + 2, shares), have);
  }

 private:
  long row(long share, long shares) const { return share >= shares ? depth : depth * share / shares / W * W; }
};

// Rows in groups of nearly one size: a tile of one or two rows waits for its own sums.
struct Groups {
  long rows;
  int count;
  explicit Groups(long rows) : rows(rows), count(static_cast<int>((rows + ROWS - 1) / ROWS)) {}
  long begin(int group) const { return part(rows, count, group); }
  int tall(int group) const { return static_cast<int>(begin(group + 1) - begin(group)); }
};

// Rows of a turned first factor, a[k * pitch + m], those of a group together for each k.
void pack_rows(const float* a, long pitch, const Groups& groups, long depth, float* to) {
  for (int g = 0; g < groups.count; g++, to += ROWS * depth) {
    const float* from = a + groups.begin(g);
    int tall = groups.tall(g);
    for (long k = 0; k < depth; k++)
      for (int i = 0; i < tall; i++) to[k * ROWS + i] = from[k * pitch + i];
  }
}

// The sums in blocks of nearly one length: the same for any number of threads, as it is the order of sums.
struct Blocks {
  long depth, count, deep;
  explicit Blocks(long depth)
      : depth(depth), count(most(1L, (depth + DEEP - 1) / DEEP)), deep(most(1L, (depth + count - 1) / count)) {}
  long size(long block) const { return least(deep, depth - block * deep); }
};

// The second factor from row k and a column on.
Side side_of(const Product& p, const float* b, long k, long column) {
  return p.turned_b ? Side{b + column * p.depth + k, p.depth, true} : Side{b + k * p.columns + column, p.columns, false};
}

// A part of a product: rows [low, high) and panels [begin, end).
class Part {
 public:
  Part(const Product& p, const float* a, const float* b, const float* bias, float* c, long low, long high, long begin, long end)
      : p_(p), a_(a), b_(b), bias_(bias), c_(c), low_(low), high_(high), begin_(begin), end_(end), blocks_(p.depth) {
    long fit = most<long>(ROWS, KEPT / blocks_.deep / ROWS * ROWS);
    together_ = high - low <= fit + fit / 2 ? high - low : fit;
    once_ = together_ == high - low;
    panels_ = p.packed_b ? nullptr : scratch(kWeights, (once_ ? 2 : end - begin) * blocks_.deep * WIDE);
    rows_ = p.turned_a ? scratch(kImage, (together_ + ROWS) * blocks_.deep) : nullptr;
  }

  void run() {
    for (long block = 0; block < blocks_.count; block++)
      for (long m = low_; m < high_; m += together_) by_rows(block, m, Groups(least(together_, high_ - m)));
  }

 private:
  // All panels for some rows. If those are all rows, two panels take turns in their place; else all panels are kept for the next rows.
  void by_rows(long block, long m, const Groups& groups) {
    long k = block * blocks_.deep;
    if (p_.turned_a) pack_rows(a_ + k * p_.rows + m, p_.rows, groups, blocks_.size(block), rows_);
    bool packs = m == low_ && !p_.packed_b;
    for (long j = begin_; j < end_; j++, turn_++) {
      Panel now = panel(block, j, turn_);
      if (packs && j == begin_ && (block == 0 || !once_)) now.pack_share(0, 1);
      Panel next = j + 1 < end_ ? panel(block, j + 1, turn_ + 1) : panel(block + 1, begin_, turn_ + 1);
      bool ahead = packs && next.depth > 0 && (j + 1 < end_ || once_);
      int vectors = now.have > W ? 2 : 1, last = static_cast<int>(now.have - (vectors - 1) * W);
      const float* bias = bias_ ? bias_ + now.column : nullptr;
      Tile t{now.depth, p_.columns, nullptr, p_.depth, now.at, nullptr, bias, last, block == 0, p_.relu && block + 1 == blocks_.count};
      for (int g = 0; g < groups.count; g++) {
        if (ahead) next.pack_share(g, groups.count);
        long row = m + groups.begin(g);
        int tall = groups.tall(g);
        t.c = c_ + row * p_.columns + now.column;
        t.a = p_.turned_a ? rows_ + g * ROWS * now.depth : a_ + row * p_.depth + k;
        if (p_.turned_a) (vectors == 2 ? run_of<2, true>(tall) : run_of<1, true>(tall))(t);
        else (vectors == 2 ? run_of<2, false>(tall) : run_of<1, false>(tall))(t);
      }
    }
  }

  Panel panel(long block, long j, long turn) const {
    long k = block * blocks_.deep, column = j * WIDE, slot = once_ ? turn & 1 : j - begin_, have = least(WIDE, p_.columns - column);
    if (p_.packed_b) return {{}, blocks_.size(block), have, column, const_cast<float*>(b_) + (j * p_.depth + k) * WIDE};
    return {side_of(p_, b_, k, column), blocks_.size(block), have, column, panels_ + slot * blocks_.deep * WIDE};
  }

  const Product& p_;
  const float *a_, *b_, *bias_;
  float* c_;
  long low_, high_, begin_, end_, together_, turn_ = 0;
  Blocks blocks_;
  bool once_;
  float *panels_, *rows_;
};

}  // namespace

void product(const Product& p, const float* a, const float* b, const float* bias, float* c, Pool& pool) {
  long panels = (p.columns + WIDE - 1) / WIDE;
  if (!panels || !p.rows) return;
  Groups groups(p.rows);
  bool alone = p.rows * p.columns * p.depth < ALONE || pool.threads() == 1;
  bool by_columns = panels >= 2 * pool.threads() || panels >= groups.count;
  long items = by_columns ? panels : groups.count;
  int tasks = alone ? 1 : static_cast<int>(least<long>(items, 2L * pool.threads()));
  parallel(pool, tasks, [&](int task) {
    long from = part(items, tasks, task), to = part(items, tasks, task + 1);
    if (by_columns) Part(p, a, b, bias, c, 0, p.rows, from, to).run();
    else Part(p, a, b, bias, c, groups.begin(from), groups.begin(to), 0, panels).run();
  });
}

// The second factor as panels, [panels, depth, WIDE], for products that take it again and again.
void pack_factor(const Product& p, const float* b, float* panels, Pool& pool) {
  long count = (p.columns + WIDE - 1) / WIDE;
  int tasks = p.depth * p.columns < ALONE ? 1 : static_cast<int>(least<long>(count, pool.threads()));
  parallel(pool, tasks, [&](int task) {
    for (long j = part(count, tasks, task); j < part(count, tasks, task + 1); j++)
      pack(side_of(p, b, 0, j * WIDE), 0, p.depth, least(WIDE, p.columns - j * WIDE), panels + j * p.depth * WIDE);
  });
}

}  // namespace caudal::CAUDAL_ISA
