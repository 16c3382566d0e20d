// Handlers that take any number of arrays: optimizers' updates, and small arrays gathered into one and scattered again.
#include <cmath>
#include <cstring>
#include <vector>

#include "handlers.h"

namespace caudal {

using Any = ffi::AnyBuffer;

static ffi::Error wrong(const char* words) { return ffi::Error(ffi::ErrorCode::kInvalidArgument, words); }

static bool scalar_of(ffi::RemainingArgs args, size_t k, float& out) {
  auto x = args.get<Floats>(k);
  if (!x || x->element_count() != 1) return false;
  out = *x->typed_data();
  return true;
}

// The updates among a call's arguments: for each variable its value, its slots and its slope, and then the scalars that slopes are
// changed by: `changes` says for each variable whether there is a scale (1), a decay (2) or both (3). `after` arrays that end them are
// only waited for. The results are the new values and slots. Where XLA gave a result memory of its own, the value is copied there first.
static bool updates_of(ffi::RemainingArgs args, ffi::RemainingRets rets, size_t first, size_t states, Numbers changes,
                       size_t after, std::vector<Update>& out) {
  size_t count = changes.size(), scalars = first + count * (states + 1);
  if (rets.size() != count * states || args.size() < scalars) return false;
  out.resize(count);
  for (size_t k = 0; k < count; k++) {
    Update& u = out[k];
    for (size_t s = 0; s < states; s++) {
      auto from = args.get<Floats>(first + k * (states + 1) + s);
      auto to = rets.get<Floats>(k * states + s);
      if (!from || !to || (s && static_cast<long>(from->element_count()) != u.size)) return false;
      u.size = from->element_count();
      u.state[s] = (*to)->typed_data();
      if (u.state[s] != from->typed_data()) std::memcpy(u.state[s], from->typed_data(), 4 * u.size);
    }
    auto grad = args.get<Floats>(first + k * (states + 1) + states);
    if (!grad || static_cast<long>(grad->element_count()) != u.size) return false;
    u.grad = grad->typed_data();
    u.scaled = changes[k] & 1, u.decayed = changes[k] & 2;
    if (u.scaled && !scalar_of(args, scalars++, u.scale)) return false;
    if (u.decayed && !scalar_of(args, scalars++, u.decay)) return false;
  }
  return args.size() == scalars + after;
}

typedef void (*Kernel)(const float*, bool, const Update*, int, Pool&);

static ffi::Error update(ffi::ThreadPool threads, ffi::RemainingArgs args, ffi::RemainingRets rets, bool nesterov,
                         Numbers changes, int64_t after, int scalars, int states, Kernel kernel) {
  float rates[6];
  std::vector<Update> updates;
  for (int k = 0; k < scalars; k++)
    if (!scalar_of(args, k, rates[k])) return wrong("an update's rates");
  if (!updates_of(args, rets, scalars, states, changes, after, updates)) return wrong("an update's arrays");
  if (kernel == kernels().adam) {  // beta1_power, beta2_power, lr, beta1, beta2, epsilon
    const float alpha = rates[2] * std::sqrt(1 - rates[1]) / (1 - rates[0]);
    const float adam[4] = {alpha, rates[3], rates[4], rates[5]};
    std::memcpy(rates, adam, sizeof adam);
  }
  XlaPool pool(threads);
  kernel(rates, nesterov, updates.data(), static_cast<int>(updates.size()), pool);
  return ffi::Error::Success();
}

#define UPDATE(NAME, SCALARS, STATES)                                                                               \
  static ffi::Error NAME(ffi::ThreadPool threads, ffi::RemainingArgs args, ffi::RemainingRets rets, bool nesterov,   \
                         Numbers changes, int64_t after) {                                                          \
    return update(threads, args, rets, nesterov, changes, after, SCALARS, STATES, kernels().NAME);                                  \
  }
UPDATE(gradient_descent, 1, 1)
UPDATE(momentum, 2, 2)
UPDATE(adam, 6, 3)
UPDATE(adagrad, 1, 2)
UPDATE(rms_prop, 4, 3)

static ffi::Error gather(ffi::ThreadPool, ffi::RemainingArgs parts, ffi::Result<Any> whole) {
  char* to = static_cast<char*>(whole->untyped_data());
  size_t left = whole->size_bytes();
  for (size_t k = 0; k < parts.size(); k++) {
    auto part = parts.get<Any>(k);
    if (!part || part->size_bytes() > left) return wrong("arrays that are more than the whole");
    std::memcpy(to, part->untyped_data(), part->size_bytes());
    to += part->size_bytes();
    left -= part->size_bytes();
  }
  return left ? wrong("arrays that are less than the whole") : ffi::Error::Success();
}

static ffi::Error scatter(ffi::ThreadPool, Any whole, ffi::RemainingRets parts) {
  const char* from = static_cast<const char*>(whole.untyped_data());
  size_t left = whole.size_bytes();
  for (size_t k = 0; k < parts.size(); k++) {
    auto part = parts.get<Any>(k);
    if (!part || (*part)->size_bytes() > left) return wrong("arrays that are more than the whole");
    std::memcpy((*part)->untyped_data(), from, (*part)->size_bytes());
    from += (*part)->size_bytes();
    left -= (*part)->size_bytes();
  }
  return left ? wrong("arrays that are less than the whole") : ffi::Error::Success();
}

}  // namespace caudal

#define CAUDAL_UPDATE(NAME) CAUDAL_HANDLER(NAME, caudal::NAME, .RemainingArgs().RemainingRets().Attr<bool>("nesterov").Attr<caudal::Numbers>("changes").Attr<int64_t>("after"))
CAUDAL_UPDATE(gradient_descent);
CAUDAL_UPDATE(momentum);
CAUDAL_UPDATE(adam);
CAUDAL_UPDATE(adagrad);
CAUDAL_UPDATE(rms_prop);
CAUDAL_HANDLER(gather, caudal::gather, .RemainingArgs().Ret<caudal::Any>());
CAUDAL_HANDLER(scatter, caudal::scatter, .Arg<caudal::Any>().RemainingRets());
