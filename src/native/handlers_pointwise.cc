#include <algorithm>
#include <cstring>
#include <vector>

#include "handlers.h"

namespace caudal {

// What `code` holds: rows, columns, registers, whether the first argument is the number of an iteration, how many of the following arguments are
// results too; then lists with their lengths first: views as (array, first element, elements from iteration to iteration, from row to row, from
// column to column), where arrays are numbered from the first that isn't the iteration on, arguments before results; steps that are done once, and
// the others, as (function, to, a, b); constants' bits. The constants come before all views.
class Code {
 public:
  explicit Code(Numbers all) : at_(all.begin()), end_(all.end()) {}
  int64_t next() { return at_ < end_ ? *at_++ : (short_ = true, 0); }
  bool ends() const { return at_ == end_ && !short_; }

 private:
  const int64_t *at_, *end_;
  bool short_ = false;
};

static ffi::Error wrong(const char* what) { return ffi::Error::InvalidArgument(what); }

static ffi::Error pointwise(ffi::ThreadPool threads, ffi::RemainingArgs args, ffi::RemainingRets rets, Numbers numbers) {
  Code code(numbers);
  Pointwise p{};
  p.rows = code.next(), p.columns = code.next(), p.registers = static_cast<int>(code.next());
  bool indexed = code.next();
  int64_t shared = code.next(), iteration = 0;
  if (indexed) {
    auto index = args.get<ffi::Buffer<ffi::S32>>(0);
    if (!index) return wrong("an iteration's number of another type");
    iteration = *index->typed_data();
  }
  struct Array {
    float* at;
    int64_t size;
  };
  std::vector<Array> arrays;
  for (size_t k = indexed; k < args.size(); k++) {
    auto x = args.get<Floats>(k);
    if (!x) return wrong("arrays of other numbers than float32");
    arrays.push_back({x->typed_data(), static_cast<int64_t>(x->element_count())});
  }
  for (size_t k = 0; k < rets.size(); k++) {
    auto y = rets.get<Floats>(k);
    if (!y) return wrong("a result of other numbers than float32");
    arrays.push_back({(*y)->typed_data(), static_cast<int64_t>((*y)->element_count())});
    if (static_cast<int64_t>(k) < shared && arrays.back().at != arrays[k].at) return wrong("a result that isn't where its argument is");
  }
  std::vector<float> constants(code.next());
  for (float& x : constants) {
    int32_t bits = static_cast<int32_t>(code.next());
    std::memcpy(&x, &bits, sizeof x);
  }
  std::vector<Pointwise::View> views;
  for (float& x : constants) views.push_back({&x, 0, 0});
  for (int64_t left = code.next(); left > 0; left--) {
    int64_t array = code.next(), from = code.next(), step = code.next(), row = code.next(), column = code.next();
    if (array < 0 || array >= static_cast<int64_t>(arrays.size())) return wrong("a view of no array");
    from += iteration * step;
    if (from < 0 || from + (p.rows - 1) * row + (p.columns - 1) * column >= arrays[array].size) return wrong("a view beyond its array");
    views.push_back({arrays[array].at + from, row, column});
  }
  std::vector<Pointwise::Step> steps;
  int64_t places = p.registers + static_cast<int64_t>(views.size());
  if (places > Pointwise::MOST) return wrong("too many places");
  for (int which = 0; which < 2; which++) {
    for (int64_t left = code.next(); left > 0; left--) {
      int64_t function = code.next(), to = code.next(), a = code.next(), b = code.next();
      if (std::min({to, a, b}) < 0 || std::max({to, a, b}) >= places || function < 0 || function >= Pointwise::FUNCTIONS) return wrong("no such place");
      steps.push_back({static_cast<int>(function), static_cast<int>(to), static_cast<int>(a), static_cast<int>(b)});
    }
    if (!which) p.once = static_cast<int>(steps.size());
  }
  if (!code.ends()) return wrong("code of another length");
  p.views = static_cast<int>(views.size()), p.steps = static_cast<int>(steps.size()), p.view = views.data(), p.step = steps.data();
  XlaPool pool(threads);
  kernels().pointwise(p, pool);
  return ffi::Error::Success();
}

}  // namespace caudal

CAUDAL_HANDLER(pointwise, caudal::pointwise, .RemainingArgs().RemainingRets().Attr<caudal::Numbers>("code"));
