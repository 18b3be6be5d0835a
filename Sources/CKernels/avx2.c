#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
// Vectors of two registers pass between functions that are inlined, and so by no convention.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float v16 __attribute__((vector_size(64)));

#define SET narrowKernels
#define TILE_ROWS 2
#define TILE_COLUMNS 2
#define TILE_RESTS REST(1)

/// Which of eight lanes, from the `first` on, lie among `count`.
static inline __attribute__((always_inline)) __m256i lanes(long count, int first) {
  __m256i places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count - first), places);
}

static inline __attribute__((always_inline)) v16 loadPart(const float *x, long count) {
  __m256 low = _mm256_maskload_ps(x, lanes(count, 0));
  __m256 high = _mm256_maskload_ps(x + 8, lanes(count, 8));
  return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

static inline __attribute__((always_inline)) v16 loadPartOr(
    const float *x, long count, float rest) {
  __m256i low = lanes(count, 0), high = lanes(count, 8);
  __m256 other = _mm256_set1_ps(rest);
  __m256 a = _mm256_blendv_ps(other, _mm256_maskload_ps(x, low), _mm256_castsi256_ps(low));
  __m256 b = _mm256_blendv_ps(other, _mm256_maskload_ps(x + 8, high), _mm256_castsi256_ps(high));
  return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

static inline __attribute__((always_inline)) void storePart(float *out, v16 value, long count) {
  __m256 low = __builtin_shufflevector(value, value, 0, 1, 2, 3, 4, 5, 6, 7);
  __m256 high = __builtin_shufflevector(value, value, 8, 9, 10, 11, 12, 13, 14, 15);
  _mm256_maskstore_ps(out, lanes(count, 0), low);
  _mm256_maskstore_ps(out + 8, lanes(count, 8), high);
}

#include "kernels.h"

#pragma clang attribute pop
#endif
