// The choice of an instruction set, once a process.
#include <cstdlib>
#include <cstring>

#include "kernels.h"

namespace caudal {

namespace portable { extern const Kernels table; }
namespace avx2 { extern const Kernels table; }
namespace avx512 { extern const Kernels table; }

// Whether the environment lets `name` be taken: it names the set to take, or none of them.
static bool allowed(const char* name) {
  const char* wish = std::getenv("CAUDAL_NATIVE");
  bool names_one = wish && (!std::strcmp(wish, "portable") || !std::strcmp(wish, "avx2") || !std::strcmp(wish, "avx512"));
  return !names_one || !std::strcmp(wish, name);
}

static const Kernels& choose() {
#ifdef CAUDAL_HAS_avx512
  bool has_wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  if (has_wide && allowed("avx512")) return avx512::table;
#endif
#ifdef CAUDAL_HAS_avx2
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && allowed("avx2")) return avx2::table;
#endif
  return portable::table;
}

const Kernels& kernels() {
  static const Kernels& chosen = choose();
  return chosen;
}

}  // namespace caudal

extern "C" __attribute__((visibility("default"))) const char* caudal_native_set() { return caudal::kernels().name; }
extern "C" __attribute__((visibility("default"))) int caudal_native_width() { return caudal::kernels().width; }
