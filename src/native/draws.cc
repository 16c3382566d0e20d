// Random numbers to the bit: Philox-4x32-10 and the normal numbers made from it, as src/caudal/backend/philox.py and libm.py have
// them, with the sources. This file alone is compiled without contraction: a fused multiplication and addition gives other bits.
#include "kernels.h"
#include "vec.h"

namespace caudal::CAUDAL_ISA {

constexpr int kBlocks = 64;  // that are made at once
constexpr uint64_t kReserved = 256;  // blocks between one group of truncated numbers and the next

struct Block {
  uint32_t word[4];
};

// Blocks whose numbers are given, at most kBlocks of them.
static void philox(const uint64_t* stream, const uint64_t* numbers, int count, Block* out) {
  uint32_t c0[kBlocks], c1[kBlocks], c2[kBlocks], c3[kBlocks];
  for (int i = 0; i < count; i++) {
    const uint64_t where = numbers[i] + stream[2];
    c0[i] = static_cast<uint32_t>(where), c1[i] = static_cast<uint32_t>(where >> 32);
    c2[i] = static_cast<uint32_t>(stream[1]), c3[i] = static_cast<uint32_t>(stream[1] >> 32);
  }
  uint32_t k0 = static_cast<uint32_t>(stream[0]), k1 = static_cast<uint32_t>(stream[0] >> 32);
  for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u)
    for (int i = 0; i < count; i++) {
      const uint64_t p0 = uint64_t{0xD2511F53u} * c0[i], p1 = uint64_t{0xCD9E8D57u} * c2[i];
      c0[i] = static_cast<uint32_t>(p1 >> 32) ^ c1[i] ^ k0, c1[i] = static_cast<uint32_t>(p1);
      c2[i] = static_cast<uint32_t>(p0 >> 32) ^ c3[i] ^ k1, c3[i] = static_cast<uint32_t>(p0);
    }
  for (int i = 0; i < count; i++) out[i] = {{c0[i], c1[i], c2[i], c3[i]}};
}

static inline float unit(uint32_t word) {  // in [0, 1), of 23 bits
  const uint32_t bits = (word & 0x7FFFFFu) | 127u << 23;
  float x;
  memcpy(&x, &bits, 4);
  return x - 1.0f;
}

static const double kInverse[16] = {
    0x1.661ec79f8f3bep+0, 0x1.571ed4aaf883dp+0, 0x1.49539f0f010bp+0, 0x1.3c995b0b80385p+0, 0x1.30d190c8864a5p+0, 0x1.25e227b0b8eap+0,
    0x1.1bb4a4a1a343fp+0, 0x1.12358f08ae5bap+0, 0x1.0953f419900a7p+0, 0x1p+0,              0x1.e608cfd9a47acp-1, 0x1.ca4b31f026aap-1,
    0x1.b2036576afce6p-1, 0x1.9c2d163a1aa2dp-1, 0x1.886e6037841edp-1, 0x1.767dcf5534862p-1};
static const double kLog[16] = {
    -0x1.57bf7808caadep-2, -0x1.2bef0a7c06ddbp-2, -0x1.01eae7f513a67p-2, -0x1.b31d8a68224e9p-3, -0x1.6574f0ac07758p-3, -0x1.1aa2bc79c81p-3,
    -0x1.a4e76ce8c0e5ep-4, -0x1.1973c5a611cccp-4, -0x1.252f438e10c1ep-5, 0x0p+0,               0x1.aa5aa5df25984p-5, 0x1.c5e53aa362eb4p-4,
    0x1.526e57720db08p-3,  0x1.bc2860d22477p-3,   0x1.1058bc8a07ee1p-2,  0x1.4043057b6ee09p-2};

static inline float log_of(float x) {
  uint32_t word;
  memcpy(&word, &x, 4);
  const uint32_t offset = word - 0x3F330000u, near = word - (offset & 0xFF800000u);
  const int part = offset >> 19 & 15;
  const double k = static_cast<int32_t>(offset) >> 23;
  float middle;
  memcpy(&middle, &near, 4);
  const double r = static_cast<double>(middle) * kInverse[part] - 1;
  const double tail = -0x1.00ea348b88334p-2 * (r * r) + (0x1.5575b0be00b6ap-2 * r + -0x1.ffffef20a4123p-2);
  return static_cast<float>(tail * (r * r) + ((kLog[part] + k * 0x1.62e42fefa39efp-1) + r));
}

// Four normal numbers of each block, by Box and Muller.
static void box_muller(const Block* blocks, int count, float* out) {
  constexpr double half_pi = 0x1.921fb54442d18p0;
  for (int i = 0; i < 2 * count; i++) {
    const uint32_t* words = blocks[0].word + 2 * i;
    const float drawn = unit(words[0]);
    const float radius = __builtin_sqrtf(-2.0f * log_of(drawn > 1e-7f ? drawn : 1e-7f));
    const double angle = static_cast<float>(2 * 0x1.921fb54442d18p1 * static_cast<double>(unit(words[1])));
    const int quarter = static_cast<int>(angle / half_pi + 0.5);
    const double x = angle - quarter * half_pi, x2 = x * x, x3 = x2 * x, x4 = x2 * x2;
    const double s = (x + x3 * -0x1.555545995a603p-3) + x3 * x2 * (0x1.1107605230bc4p-7 + x2 * -0x1.994eb3774cf24p-13);
    const double c = ((1 + x2 * -0x1.ffffffd0c621cp-2) + x4 * 0x1.55553e1068f19p-5) +
                     x4 * x2 * (-0x1.6c087e89a359dp-10 + x2 * 0x1.99343027bf8c3p-16);
    const double sine = quarter & 1 ? c : s, cosine = quarter & 1 ? s : c;
    out[2 * i] = static_cast<float>(quarter & 2 ? -sine : sine) * radius;
    out[2 * i + 1] = static_cast<float>((quarter + 1) & 2 ? -cosine : cosine) * radius;
  }
}

void draw_words(const uint64_t* stream, const uint64_t* numbers, long count, uint32_t* out) {
  Block blocks[kBlocks];
  for (long k = 0; k < count; k += kBlocks) {
    const int n = static_cast<int>(least<long>(kBlocks, count - k));
    philox(stream, numbers + k, n, blocks);
    memcpy(out + 4 * k, blocks, sizeof(Block) * n);
  }
}

// Calls made(blocks, their count, number of the first) for the stream's blocks first, first + stride, ..., so many of them.
template <class Made>
static void over(const uint64_t* stream, uint64_t first, uint64_t stride, long count, Made made) {
  Block blocks[kBlocks];
  uint64_t numbers[kBlocks];
  for (long k = 0; k < count; k += kBlocks) {
    const int n = static_cast<int>(least<long>(kBlocks, count - k));
    for (int i = 0; i < n; i++) numbers[i] = first + stride * static_cast<uint64_t>(k + i);
    philox(stream, numbers, n, blocks);
    made(blocks, n, k);
  }
}

void draw_uniform(const uint64_t* stream, uint64_t first, long count, float* out) {
  over(stream, first, 1, count, [=](const Block* blocks, int n, long k) {
    for (int i = 0; i < 4 * n; i++) out[4 * k + i] = unit(blocks[0].word[i]);
  });
}

void draw_normal(const uint64_t* stream, uint64_t first, long count, float* out) {
  over(stream, first, 1, count, [=](const Block* blocks, int n, long k) { box_muller(blocks, n, out + 4 * k); });
}

static inline bool taken(float x) { return x < 2.0f && x > -2.0f; }

// Each group of four has blocks of its own, of which it takes as many as it needs.
void draw_truncated(const uint64_t* stream, uint64_t first, long count, float* out) {
  over(stream, kReserved * first, kReserved, count, [=](const Block* blocks, int n, long k) {
    box_muller(blocks, n, out + 4 * k);
    for (int i = 0; i < n; i++) {
      float* group = out + 4 * (k + i);
      int filled = 0;
      for (int j = 0; j < 4; j++)
        if (taken(group[j])) group[filled++] = group[j];
      for (uint64_t again = kReserved * (first + k + i) + 1; filled < 4; again++) {
        Block more;
        float drawn[4];
        philox(stream, &again, 1, &more);
        box_muller(&more, 1, drawn);
        for (int j = 0; j < 4 && filled < 4; j++)
          if (taken(drawn[j])) group[filled++] = drawn[j];
      }
    }
  });
}

}  // namespace caudal::CAUDAL_ISA
