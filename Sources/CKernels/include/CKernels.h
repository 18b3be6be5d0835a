#ifndef CKERNELS_H
#define CKERNELS_H

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// The loops over Float32 values that most of a step's time goes into beside matrix products.
///
/// Every set gives the same bits: sums are taken in sixteen lanes, value i in lane i mod 16, which
/// are halved at the end, and no product is fused with a sum, but in `products`, where every one
/// is. Results may lie where inputs are. Counts are of values.
typedef struct KernelSet {
  /// out = e^x.
  void (*exponential)(const float *x, float *out, long count);
  /// out = x σ(x), and the gradient of x for a gradient g of that.
  void (*silu)(const float *x, float *out, long count);
  void (*siluGradient)(const float *g, const float *x, float *out, long count);
  /// The Gaussian error linear unit by its tanh formula, and its gradient.
  void (*geluTanh)(const float *x, float *out, long count);
  void (*geluTanhGradient)(const float *g, const float *x, float *out, long count);
  /// The exact Gaussian error linear unit, and its gradient.
  void (*gelu)(const float *x, float *out, long count);
  void (*geluGradient)(const float *g, const float *x, float *out, long count);

  /// out = x + y, x − y, x y, x factor.
  void (*add)(const float *x, const float *y, float *out, long count);
  void (*subtract)(const float *x, const float *y, float *out, long count);
  void (*multiply)(const float *x, const float *y, float *out, long count);
  void (*scale)(const float *x, float factor, float *out, long count);

  /// Σ x, Σ (x − mean)² and Σ x y.
  float (*sum)(const float *x, long count);
  float (*squares)(const float *x, float mean, long count);
  float (*dot)(const float *x, const float *y, long count);
  /// The greatest value, NaN when there is one, −∞ of nothing.
  float (*maximum)(const float *x, long count);
  /// out [width] += Σ over rows of x, or of x y, row after row; rows start `stride` apart.
  void (*addRows)(const float *x, long rows, long stride, long width, float *out);
  void (*addProductRows)(
      const float *x, const float *y, long rows, long stride, long width, float *out);

  /// out = e^(x − greatest); returns the sum of out. Where `greatest` is −∞, out is 0.
  float (*exponentials)(const float *x, float greatest, float *out, long count);
  /// The softmax of a row; a row of −∞ becomes zeros.
  void (*softmax)(const float *x, float *out, long count);
  /// The gradient of a softmax's input for the gradient g of its result y.
  void (*softmaxGradient)(const float *g, const float *y, float *out, long count);

  /// out = (x − mean) factor weight + bias, without the weight or the bias where that is null.
  void (*normalise)(
      const float *x, float mean, float factor, const float *_Nullable weight,
      const float *_Nullable bias, float *out, long count);
  /// The gradient of x for the gradient g of `normalise`'s result, whose factor and, where it
  /// `centres`, mean were those of x; what it adds to the weight's and the bias's gradient, where
  /// these are wanted, goes to `weightGradient` and `biasGradient`.
  void (*normGradient)(
      const float *g, const float *x, float mean, float factor, const float *weight, int centres,
      float *out, float *_Nullable weightGradient, float *_Nullable biasGradient, long count);

  /// A step of AdamW: p, m and v are the parameters and the means of gradients and their squares.
  void (*adamw)(
      float *p, float *m, float *v, const float *g, float beta1, float beta2, float rate,
      float rootCorrection, float epsilon, float decay, long count);

  /// out [m, n] = x [m, k] · weight [n, k] transposed, + bias [n] where there is one; rows lie as
  /// far apart as their strides say. For few rows: the weight is read once and not copied.
  void (*products)(
      const float *x, long xStride, const float *weight, long weightStride,
      const float *_Nullable bias, float *out, long outStride, long m, long n, long k);

  /// out = x, of BF16 and of F16 values, exactly.
  void (*widenBFloats)(const unsigned short *x, float *out, long count);
  void (*widenHalves)(const unsigned short *x, float *out, long count);
  /// `products` of such a weight, to the bit those of the widened one.
  void (*bfloatProducts)(
      const float *x, long xStride, const unsigned short *weight, long weightStride,
      const float *_Nullable bias, float *out, long outStride, long m, long n, long k);
  void (*halfProducts)(
      const float *x, long xStride, const unsigned short *weight, long weightStride,
      const float *_Nullable bias, float *out, long outStride, long m, long n, long k);
} KernelSet;

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

/// The set for AVX-512 (0) or for AVX2 with FMA (1), or null where this processor cannot run it.
const KernelSet *_Nullable kernelSet(int width);

#endif
