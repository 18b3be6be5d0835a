#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)

typedef float v16 __attribute__((vector_size(64)));

#define SET wideKernels
#define TILE_ROWS 6
#define TILE_COLUMNS 4
#define TILE_RESTS REST(1) REST(2) REST(3) REST(4) REST(5)

static inline __attribute__((always_inline)) __mmask16 lanes(long count) {
  return (__mmask16)((1u << count) - 1);
}

static inline __attribute__((always_inline)) v16 loadPartOr(
    const float *x, long count, float rest) {
  return _mm512_mask_loadu_ps(_mm512_set1_ps(rest), lanes(count), x);
}

static inline __attribute__((always_inline)) v16 loadPart(const float *x, long count) {
  return _mm512_maskz_loadu_ps(lanes(count), x);
}

static inline __attribute__((always_inline)) void storePart(float *out, v16 value, long count) {
  _mm512_mask_storeu_ps(out, lanes(count), value);
}

#include "kernels.h"

#pragma clang attribute pop
#endif
