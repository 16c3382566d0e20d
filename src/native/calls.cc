// What Python calls itself, through ctypes: no part of a step, so nothing that XLA would call.
#include "kernels.h"

#define CAUDAL_CALL extern "C" __attribute__((visibility("default"))) void

CAUDAL_CALL caudal_draw_words(const uint64_t* stream, const uint64_t* numbers, long count, uint32_t* out) {
  caudal::kernels().draw_words(stream, numbers, count, out);
}
CAUDAL_CALL caudal_draw_uniform(const uint64_t* stream, uint64_t first, long count, float* out) {
  caudal::kernels().draw_uniform(stream, first, count, out);
}
CAUDAL_CALL caudal_draw_normal(const uint64_t* stream, uint64_t first, long count, float* out) {
  caudal::kernels().draw_normal(stream, first, count, out);
}
CAUDAL_CALL caudal_draw_truncated(const uint64_t* stream, uint64_t first, long count, float* out) {
  caudal::kernels().draw_truncated(stream, first, count, out);
}
CAUDAL_CALL caudal_sample_log_uniform(const uint64_t* stream, int64_t most, long number, int unique, const int64_t* truth, long truths, int64_t* drawn, float* expected) {
  caudal::sample_log_uniform(stream, most, number, unique != 0, truth, truths, drawn, expected);
}
