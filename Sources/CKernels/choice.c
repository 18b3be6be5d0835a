#include "CKernels.h"

#include <stddef.h>

#if defined(__x86_64__)
extern const KernelSet wideKernels, narrowKernels;

const KernelSet *kernelSet(int width) {
  __builtin_cpu_init();
  int isNarrow = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
      && __builtin_cpu_supports("f16c");
  if (width == 1) return isNarrow ? &narrowKernels : NULL;
  int isWide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
      && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return isNarrow && isWide ? &wideKernels : NULL;
}
#else
const KernelSet *kernelSet(int width) { return width < 0 ? NULL : NULL; }
#endif
