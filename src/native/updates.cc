// Optimizers' updates: each reads and writes every element once, in place. Plain loops: the compiler makes vectors of them.
#include "kernels.h"
#include "vec.h"

namespace caudal::CAUDAL_ISA {

typedef float* __restrict Own;

// What a loop takes as the slope of element k: the given one, scaled, and with a part of the variable itself (L2), where asked for.
template <bool scaled, bool decayed>
struct SlopeOf {
  const float* __restrict grad;
  float scale, decay;
  inline float operator()(long k, float var) const {
    float g = scaled ? scale * grad[k] : grad[k];
    return decayed ? g + decay * var : g;
  }
};

template <class Step>
static inline void with_slope(const Update& u, long from, long to, Step step) {
  if (u.scaled && u.decayed) return step(SlopeOf<true, true>{u.grad, u.scale, u.decay}, from, to);
  if (u.scaled) return step(SlopeOf<true, false>{u.grad, u.scale, 0}, from, to);
  if (u.decayed) return step(SlopeOf<false, true>{u.grad, 1, u.decay}, from, to);
  step(SlopeOf<false, false>{u.grad, 1, 0}, from, to);
}

// Calls step(update, from, to) so that all elements of all variables are covered, a task for each stretch of equal length.
template <class Step>
static void over(const Update* updates, int count, Pool& pool, Step step) {
  long total = 0;
  for (int k = 0; k < count; k++) total += updates[k].size;
  long most_tasks = total / 16384 + 1;
  int tasks = static_cast<int>(least<long>(most_tasks, 4L * pool.threads()));
  if (pool.threads() == 1) tasks = 1;
  parallel(pool, tasks, [&](int task) {
    long from = part(total, tasks, task), to = part(total, tasks, task + 1), begin = 0;
    for (int k = 0; k < count && begin < to; begin += updates[k++].size) {
      long low = most(from - begin, 0L), high = least(to - begin, updates[k].size);
      if (low < high) step(updates[k], low, high);
    }
  });
}

void gradient_descent(const float* rates, bool, const Update* updates, int count, Pool& pool) {
  const float alpha = rates[0];
  over(updates, count, pool, [=](const Update& u, long from, long to) {
    Own var = u.state[0];
    with_slope(u, from, to, [=](auto slope, long from, long to) {
      for (long k = from; k < to; k++) var[k] -= alpha * slope(k, var[k]);
    });
  });
}

void momentum(const float* rates, bool nesterov, const Update* updates, int count, Pool& pool) {
  const float rate = rates[0], keep = rates[1];
  over(updates, count, pool, [=](const Update& u, long from, long to) {
    Own var = u.state[0], accum = u.state[1];
    with_slope(u, from, to, [=](auto slope, long from, long to) {
      if (nesterov) {
        for (long k = from; k < to; k++) {
          const float grad = slope(k, var[k]);
          accum[k] = accum[k] * keep + grad;
          var[k] = var[k] - rate * grad - rate * keep * accum[k];
        }
      } else {
        for (long k = from; k < to; k++) {
          const float grad = slope(k, var[k]);
          accum[k] = accum[k] * keep + grad;
          var[k] -= rate * accum[k];
        }
      }
    });
  });
}

// rates: alpha, beta1, beta2, epsilon; alpha has the bias corrections in it.
void adam(const float* rates, bool nesterov, const Update* updates, int count, Pool& pool) {
  const float alpha = rates[0], beta1 = rates[1], epsilon = rates[3];
  const float free1 = 1 - rates[1], free2 = 1 - rates[2];
  over(updates, count, pool, [=](const Update& u, long from, long to) {
    Own var = u.state[0], m = u.state[1], v = u.state[2];
    with_slope(u, from, to, [=](auto slope, long from, long to) {
      if (nesterov) {
        for (long k = from; k < to; k++) {
          const float grad = slope(k, var[k]);
          m[k] += (grad - m[k]) * free1;
          v[k] += (grad * grad - v[k]) * free2;
          var[k] -= alpha * (m[k] * beta1 + free1 * grad) / (__builtin_sqrtf(v[k]) + epsilon);
        }
      } else {
        for (long k = from; k < to; k++) {
          const float grad = slope(k, var[k]);
          m[k] += (grad - m[k]) * free1;
          v[k] += (grad * grad - v[k]) * free2;
          var[k] -= alpha * m[k] / (__builtin_sqrtf(v[k]) + epsilon);
        }
      }
    });
  });
}

void adagrad(const float* rates, bool, const Update* updates, int count, Pool& pool) {
  const float rate = rates[0];
  over(updates, count, pool, [=](const Update& u, long from, long to) {
    Own var = u.state[0], accum = u.state[1];
    with_slope(u, from, to, [=](auto slope, long from, long to) {
      for (long k = from; k < to; k++) {
        const float grad = slope(k, var[k]);
        accum[k] += grad * grad;
        var[k] -= rate * grad / __builtin_sqrtf(accum[k]);
      }
    });
  });
}

// rates: learning rate, rho, momentum, epsilon.
void rms_prop(const float* rates, bool, const Update* updates, int count, Pool& pool) {
  const float rate = rates[0], free = 1 - rates[1], keep = rates[2], epsilon = rates[3];
  over(updates, count, pool, [=](const Update& u, long from, long to) {
    Own var = u.state[0], ms = u.state[1], mom = u.state[2];
    with_slope(u, from, to, [=](auto slope, long from, long to) {
      for (long k = from; k < to; k++) {
        const float grad = slope(k, var[k]);
        ms[k] += (grad * grad - ms[k]) * free;
        mom[k] = mom[k] * keep + grad * rate / __builtin_sqrtf(ms[k] + epsilon);
        var[k] -= mom[k];
      }
    });
  });
}

}  // namespace caudal::CAUDAL_ISA
