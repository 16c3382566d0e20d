// Small functions of every element, one after the other: what stands between the products of a recurrent layer. Elements are taken in blocks
// that stay in the first cache, so that all functions pass over them there.
#include "functions.h"
#include "kernels.h"
#include "scratch.h"
#include "vec.h"

namespace caudal::CAUDAL_ISA {

namespace {

constexpr long BLOCK = 256;      // elements of a row that all functions take before the next ones
constexpr long ALONE = 1 << 14;  // vectors of work that one thread does as fast as two

using Run = void (*)(const float* a, const float* b, float* to, long count);

// F gives a vector from one of each operand.
template <class F>
void over(const float* a, const float* b, float* to, long count) {
  long k = 0;
  for (; k + W <= count; k += W) store(to + k, F::of(load(a + k), load(b + k)));
  if (k < count) {
    int n = static_cast<int>(count - k);
    store(to + k, F::of(load(a + k, n), load(b + k, n)), n);
  }
}

#define CAUDAL_FUNCTION(NAME, VALUE) \
  struct NAME {                      \
    static Vec of(Vec a, Vec b) {    \
      (void)b;                       \
      return VALUE;                  \
    }                                \
  };

CAUDAL_FUNCTION(Copy, a)
CAUDAL_FUNCTION(Negated, -a)
CAUDAL_FUNCTION(Squared, a * a)
CAUDAL_FUNCTION(OfSigmoid, sigmoid_of(a))
CAUDAL_FUNCTION(OfTanh, tanh_of(a))
CAUDAL_FUNCTION(OfRelu, a <= Vec{} ? Vec{} : a)  // NaN stays
CAUDAL_FUNCTION(Sum, a + b)
CAUDAL_FUNCTION(Difference, a - b)
CAUDAL_FUNCTION(Multiplied, a * b)
CAUDAL_FUNCTION(Quotient, a / b)
CAUDAL_FUNCTION(SigmoidSlope, b * a * (all(1.0f) - a))
CAUDAL_FUNCTION(TanhSlope, b * (all(1.0f) - a * a))
CAUDAL_FUNCTION(ReluSlope, b > Vec{} ? a : Vec{})

// The first of `a` everywhere.
void fill(const float* a, const float*, float* to, long count) {
  for (long k = 0; k < count; k += W) store(to + k, all(*a));
}

// In the order of `pointwise.py`, with about how many instructions each takes for a vector.
struct Function {
  Run run;
  int cost;
};
constexpr Function FUNCTIONS[Pointwise::FUNCTIONS] = {
    {fill, 1},           {over<Copy>, 1},       {over<Negated>, 1},    {over<Squared>, 1},       {over<OfSigmoid>, 20}, {over<OfTanh>, 30}, {over<OfRelu>, 1},
    {over<Sum>, 1},      {over<Difference>, 1}, {over<Multiplied>, 1}, {over<Quotient>, 4},      {over<SigmoidSlope>, 2}, {over<TanhSlope>, 2}, {over<ReluSlope>, 1},
};

}  // namespace

void pointwise(const Pointwise& p, Pool& pool) {
  long cost = 0;
  for (int k = p.once; k < p.steps; k++) cost += FUNCTIONS[p.step[k].function].cost + 1;
  long pieces = (p.columns + BLOCK - 1) / BLOCK, items = p.rows * pieces;
  bool alone = cost * (p.rows * ((p.columns + W - 1) / W)) < ALONE;
  int tasks = alone ? 1 : static_cast<int>(least<long>(items, pool.threads()));
  parallel(pool, tasks, [&](int task) {
    float* registers = scratch(kSums, p.registers * BLOCK);
    const float* at[Pointwise::MOST];
    for (int k = 0; k < p.registers; k++) at[k] = registers + k * BLOCK;
    auto run = [&](int from, int to, long count) {
      for (const Pointwise::Step *s = p.step + from, *end = p.step + to; s < end; s++)
        FUNCTIONS[s->function].run(at[s->a], at[s->b], const_cast<float*>(at[s->to]), count);
    };
    for (long item = part(items, tasks, task), begin = item; item < part(items, tasks, task + 1); item++) {
      long row = item / pieces, column = item % pieces * BLOCK;
      for (int k = 0; k < p.views; k++) at[p.registers + k] = p.view[k].at + row * p.view[k].row + column * p.view[k].column;
      if (item == begin) run(0, p.once, BLOCK);
      run(p.once, p.steps, least(BLOCK, p.columns - column));
    }
  });
}

}  // namespace caudal::CAUDAL_ISA
