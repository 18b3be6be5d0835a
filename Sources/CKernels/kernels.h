// The loops, written once. A file that includes this has said which instructions may be used, how
// part of a vector is loaded and stored, how large a tile of products the registers hold, and what
// the set is called.

#pragma STDC FP_CONTRACT OFF

#define INLINE static inline __attribute__((always_inline))
/// A loop over values, a vector at a time; `get` and `put` then know whether it is whole.
#define EACH_VECTOR(...)                                                                       \
  long i = 0;                                                                                  \
  for (; i + 16 <= count; i += 16) {                                                           \
    const long part = 16;                                                                      \
    __VA_ARGS__                                                                                \
  }                                                                                            \
  if (i < count) {                                                                             \
    const long part = count - i;                                                               \
    __VA_ARGS__                                                                                \
  }

typedef int i16 __attribute__((vector_size(64)));
typedef float v16u __attribute__((vector_size(64), aligned(4), may_alias));
typedef float v8 __attribute__((vector_size(32)));
typedef float v4 __attribute__((vector_size(16)));
typedef float v4u __attribute__((vector_size(16), aligned(4), may_alias));

INLINE v16 load(const float *x) { return *(const v16u *)x; }
INLINE void store(float *out, v16 value) { *(v16u *)out = value; }
INLINE v16 get(const float *x, long part) { return part == 16 ? load(x) : loadPart(x, part); }
INLINE v16 getOr(const float *x, long part, float rest) {
  return part == 16 ? load(x) : loadPartOr(x, part, rest);
}
INLINE void put(float *out, v16 value, long part) {
  if (part == 16)
    store(out, value);
  else
    storePart(out, value, part);
}
INLINE v16 all(float value) { return (v16){} + value; }
INLINE v16 choose(i16 mask, v16 a, v16 b) { return (v16)((mask & (i16)a) | (~mask & (i16)b)); }
INLINE v16 root(v16 x) { return __builtin_elementwise_sqrt(x); }

/// The sums of lanes that are four apart: halves are added until four are left.
INLINE v4 folded(v16 x) {
  v8 eight = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7)
      + __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
  return __builtin_shufflevector(eight, eight, 0, 1, 2, 3)
      + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
}

/// The sum of the lanes: halves are added until one is left.
INLINE float total(v16 x) {
  v4 four = folded(x);
  return (four[0] + four[2]) + (four[1] + four[3]);
}

/// The sums of the lanes of four.
static inline __attribute__((always_inline, unused)) v4 totals(v16 x, v16 y, v16 z, v16 w) {
  v4 a = folded(x), b = folded(y), c = folded(z), d = folded(w);
  v4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);
  v4 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5) + __builtin_shufflevector(c, d, 2, 6, 3, 7);
  return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

INLINE v16 exponentialOf(v16 x) {
  // As in Swift's version, which has the reasons.
  v16 shifted = x * 1.44269504f + 12582912.0f;
  v16 n = shifted - 12582912.0f;
  v16 r = (x - n * 0.693359375f) + n * 2.1219444e-4f;
  v16 p = all(1.9875691e-4f);
  p = p * r + 1.3981999e-3f;
  p = p * r + 8.333452e-3f;
  p = p * r + 4.1665795e-2f;
  p = p * r + 1.6666665e-1f;
  p = p * r + 5.0000001e-1f;
  v16 value = p * r * r + r + 1.0f;
  i16 bits = (i16)shifted - 0x4B400000;
  i16 half = bits >> 1;
  v16 first = (v16)((half + 127) << 23);
  v16 second = (v16)((bits - half + 127) << 23);
  v16 result = value * first * second;
  result = choose(x < -87.33f, all(0.0f), result);
  return choose(x > 88.72f, all(__builtin_inff()), result);
}

INLINE v16 logisticOf(v16 x) { return 1.0f / (1.0f + exponentialOf(-x)); }

INLINE v16 normalDistributionOf(v16 x) {
  v16 z = choose(x < 0.0f, -x, x) * 0.70710677f;
  v16 t = 1.0f / (1.0f + 0.3275911f * z);
  v16 p = 1.0614054f * t - 1.453152f;
  p = p * t + 1.4214137f;
  p = p * t - 0.28449674f;
  p = p * t + 0.2548296f;
  v16 tail = 0.5f * p * t * exponentialOf(-z * z);
  return choose(x > 0.0f, 1.0f - tail, tail);
}

// Functions of one value, of a value and a gradient, of two values.

#define MAP(NAME, RESULT)                                                                      \
  static void NAME(const float *x, float *out, long count) {                                   \
    EACH_VECTOR(v16 a = get(x + i, part); put(out + i, RESULT, part);)                         \
  }

#define MAP2(NAME, RESULT)                                                                     \
  static void NAME(const float *x, const float *y, float *out, long count) {                   \
    EACH_VECTOR(v16 a = get(x + i, part), b = get(y + i, part); put(out + i, RESULT, part);)   \
  }

INLINE v16 siluSlope(v16 x) {
  v16 s = logisticOf(x);
  return s + x * s * (1.0f - s);
}

INLINE v16 geluTanhOf(v16 x) {
  return x * logisticOf(x * (1.5957691f + 0.071354814f * x * x));
}

INLINE v16 geluTanhSlope(v16 x) {
  v16 square = x * x;
  v16 s = logisticOf(x * (1.5957691f + 0.071354814f * square));
  v16 slope = 1.5957691f + 0.21406444f * square;
  return s + x * s * (1.0f - s) * slope;
}

INLINE v16 geluSlope(v16 x) {
  v16 density = exponentialOf(-0.5f * x * x) * 0.39894228f;
  return normalDistributionOf(x) + x * density;
}

MAP(exponential, exponentialOf(a))
MAP(silu, a * logisticOf(a))
MAP(geluTanh, geluTanhOf(a))
MAP(gelu, a * normalDistributionOf(a))
MAP2(siluGradient, a * siluSlope(b))
MAP2(geluTanhGradient, a * geluTanhSlope(b))
MAP2(geluGradient, a * geluSlope(b))
MAP2(add, a + b)
MAP2(subtract, a - b)
MAP2(multiply, a * b)

static void scale(const float *x, float factor, float *out, long count) {
  EACH_VECTOR(put(out + i, get(x + i, part) * factor, part);)
}

// Sums. Blocks of 4096 are added in double precision: a float that holds a million values has lost
// five digits.

static float sum(const float *x, long length) {
  double sum = 0;
  for (long start = 0; start < length; start += 4096) {
    long count = length - start < 4096 ? length - start : 4096;
    v16 lanes = all(0.0f);
    EACH_VECTOR(lanes += get(x + start + i, part);)
    sum += total(lanes);
  }
  return (float)sum;
}

static float squares(const float *x, float mean, long length) {
  double sum = 0;
  for (long start = 0; start < length; start += 4096) {
    long count = length - start < 4096 ? length - start : 4096;
    v16 lanes = all(0.0f);
    // Behind the end there is the mean, so that nothing is added.
    EACH_VECTOR(v16 a = getOr(x + start + i, part, mean) - mean; lanes += a * a;)
    sum += total(lanes);
  }
  return (float)sum;
}

static float dot(const float *x, const float *y, long count) {
  v16 lanes = all(0.0f);
  EACH_VECTOR(lanes += get(x + i, part) * get(y + i, part);)
  return total(lanes);
}

INLINE v16 greater(v16 a, v16 b) { return choose((b > a) | (b != b), b, a); }

/// The greater of each lane and the one `apart` behind it.
#define HALVED(x, apart)                                                                       \
  greater(                                                                                     \
      x, __builtin_shufflevector(                                                              \
             x, x, apart, apart + 1, apart + 2, apart + 3, apart + 4, apart + 5, apart + 6,    \
             apart + 7, 8, 9, 10, 11, 12, 13, 14, 15))

static float maximum(const float *x, long count) {
  v16 lanes = all(-__builtin_inff());
  EACH_VECTOR(lanes = greater(lanes, getOr(x + i, part, -__builtin_inff()));)
  lanes = HALVED(lanes, 8);
  lanes = HALVED(lanes, 4);
  lanes = HALVED(lanes, 2);
  return HALVED(lanes, 1)[0];
}

/// Columns four vectors wide keep their sums in registers while the rows pass.
#define ADD_ROWS(TERM)                                                                         \
  long column = 0;                                                                             \
  for (; column + 64 <= width; column += 64) {                                                 \
    v16 sums[4];                                                                               \
    for (int c = 0; c < 4; c++) sums[c] = load(out + column + 16 * c);                         \
    for (long row = 0; row < rows; row++)                                                      \
      for (int c = 0; c < 4; c++) sums[c] += TERM(row * stride + column + 16 * c, 16);         \
    for (int c = 0; c < 4; c++) store(out + column + 16 * c, sums[c]);                         \
  }                                                                                            \
  for (; column < width; column += 16) {                                                       \
    long part = width - column < 16 ? width - column : 16;                                     \
    v16 sum = loadPart(out + column, part);                                                    \
    for (long row = 0; row < rows; row++) sum += TERM(row * stride + column, part);            \
    storePart(out + column, sum, part);                                                        \
  }

#define VALUE(PLACE, PART) get(x + PLACE, PART)
static void addRows(const float *x, long rows, long stride, long width, float *out) {
  ADD_ROWS(VALUE)
}

#define PRODUCT(PLACE, PART) get(x + PLACE, PART) * get(y + PLACE, PART)
static void addProductRows(
    const float *x, const float *y, long rows, long stride, long width, float *out) {
  ADD_ROWS(PRODUCT)
}

// Rows of a softmax and of a norm.

static float exponentials(const float *x, float greatest, float *out, long count) {
  if (greatest == -__builtin_inff()) {
    for (long i = 0; i < count; i++) out[i] = 0;
    return 0;
  }
  v16 lanes = all(0.0f);
  EACH_VECTOR(v16 value = exponentialOf(getOr(x + i, part, -__builtin_inff()) - greatest);
              lanes += value; put(out + i, value, part);)
  return total(lanes);
}

static void softmax(const float *x, float *out, long count) {
  float greatest = maximum(x, count);
  float sum = exponentials(x, greatest, out, count);
  if (greatest != -__builtin_inff()) scale(out, 1 / sum, out, count);
}

static void softmaxGradient(const float *g, const float *y, float *out, long count) {
  float mean = dot(g, y, count);
  EACH_VECTOR(put(out + i, (get(g + i, part) - mean) * get(y + i, part), part);)
}

static void normalise(
    const float *x, float mean, float factor, const float *weight, const float *bias, float *out,
    long count) {
  EACH_VECTOR(v16 value = (get(x + i, part) - mean) * factor;
              if (weight) value *= get(weight + i, part);
              if (bias) value += get(bias + i, part);
              put(out + i, value, part);)
}

INLINE void addTo(float *sums, v16 value, long part) { put(sums, get(sums, part) + value, part); }

static void normGradient(
    const float *g, const float *x, float mean, float factor, const float *weight, int centres,
    float *out, float *weightGradient, float *biasGradient, long count) {
  // Of what reaches the normalised values n, the part along n is lost in the scale and the mean in
  // the centring.
  v16 along = all(0.0f), sum = all(0.0f);
  {
    EACH_VECTOR(v16 slope = get(g + i, part), inner = slope * get(weight + i, part);
                v16 n = (getOr(x + i, part, mean) - mean) * factor;
                along += inner * n; sum += inner;
                if (weightGradient) addTo(weightGradient + i, slope * n, part);
                if (biasGradient) addTo(biasGradient + i, slope, part);)
  }
  float lost = total(along) / (float)count, shift = centres ? total(sum) / (float)count : 0;
  EACH_VECTOR(v16 inner = get(g + i, part) * get(weight + i, part);
              v16 n = (get(x + i, part) - mean) * factor;
              put(out + i, (inner - shift - n * lost) * factor, part);)
}

static void adamw(
    float *p, float *m, float *v, const float *g, float beta1, float beta2, float rate,
    float rootCorrection, float epsilon, float decay, long count) {
  EACH_VECTOR(v16 slope = get(g + i, part);
              v16 mean = get(m + i, part) * beta1 + slope * (1 - beta1);
              v16 square = get(v + i, part) * beta2 + slope * slope * (1 - beta2);
              v16 step = rate * mean / (root(square) / rootCorrection + epsilon);
              put(m + i, mean, part); put(v + i, square, part);
              put(p + i, get(p + i, part) * decay - step, part);)
}

// Values of sixteen bits become Float32, exactly.

enum { FLOATS, BFLOATS, HALVES };
typedef unsigned short u16 __attribute__((vector_size(32)));
typedef unsigned short u16u __attribute__((vector_size(32), aligned(2), may_alias));
typedef _Float16 h16 __attribute__((vector_size(32)));

INLINE v16 getWide(const unsigned short *x, long part, int kind) {
  u16 bits = {};
  if (part == 16)
    bits = *(const u16u *)x;
  else
    __builtin_memcpy(&bits, x, 2 * part);
  if (kind == HALVES) return __builtin_convertvector((h16)bits, v16);
  return (v16)(__builtin_convertvector(bits, i16) << 16);
}

static void widenBFloats(const unsigned short *x, float *out, long count) {
  EACH_VECTOR(put(out + i, getWide(x + i, part, BFLOATS), part);)
}

static void widenHalves(const unsigned short *x, float *out, long count) {
  EACH_VECTOR(put(out + i, getWide(x + i, part, HALVES), part);)
}

// Products of few rows with a large weight, whose values are of a kind.

/// The weight's value `i`, where it lies.
INLINE const void *place(const void *weight, long i, int kind) {
  return (const char *)weight + i * (kind == FLOATS ? 4 : 2);
}

/// A tile of the result: `rows` rows of x against `columns` rows of the weight. Every dot product
/// is a sum in sixteen lanes of its own, so that the shape of the tile changes nothing.
INLINE void tile(
    const float *x, long xStride, const void *weight, int kind, long weightStride,
    const float *bias, float *out, long outStride, int rows, int columns, long k) {
  v16 sums[TILE_ROWS][TILE_COLUMNS] = {};
  const long count = k;
  EACH_VECTOR(
      v16 w[TILE_COLUMNS];
      for (int c = 0; c < columns; c++) {
        const void *from = place(weight, c * weightStride + i, kind);
        w[c] = kind == FLOATS ? get(from, part) : getWide(from, part, kind);
        // The next columns' rows are fetched while these are multiplied.
        __builtin_prefetch(place(weight, (columns + c) * weightStride + i, kind));
      }
      for (int r = 0; r < rows; r++) {
        v16 value = get(x + r * xStride + i, part);
        for (int c = 0; c < columns; c++)
          sums[r][c] = __builtin_elementwise_fma(value, w[c], sums[r][c]);
      })
  for (int r = 0; r < rows; r++) {
    float *to = out + r * outStride;
#if TILE_COLUMNS == 4
    if (columns == 4) {
      v4 sum = totals(sums[r][0], sums[r][1], sums[r][2], sums[r][3]);
      *(v4u *)to = bias ? sum + *(const v4u *)bias : sum;
      continue;
    }
#endif
    for (int c = 0; c < columns; c++) to[c] = total(sums[r][c]) + (bias ? bias[c] : 0);
  }
}

/// All rows against `columns` rows of the weight, which stay in the nearest cache meanwhile.
INLINE void column(
    const float *x, long xStride, const void *weight, int kind, long weightStride,
    const float *bias, float *out, long outStride, int columns, long m, long k) {
  long row = 0;
  for (; row + TILE_ROWS <= m; row += TILE_ROWS)
    tile(x + row * xStride, xStride, weight, kind, weightStride, bias, out + row * outStride,
         outStride, TILE_ROWS, columns, k);
#define REST(ROWS)                                                                             \
  if (m - row == ROWS)                                                                         \
    tile(x + row * xStride, xStride, weight, kind, weightStride, bias, out + row * outStride,  \
         outStride, ROWS, columns, k);
  TILE_RESTS
}

INLINE void columns(
    const float *x, long xStride, const void *weight, int kind, long weightStride,
    const float *bias, float *out, long outStride, long m, long n, long k) {
  long c = 0;
  for (; c + TILE_COLUMNS <= n; c += TILE_COLUMNS)
    column(x, xStride, place(weight, c * weightStride, kind), kind, weightStride,
           bias ? bias + c : bias, out + c, outStride, TILE_COLUMNS, m, k);
  for (; c < n; c++)
    column(x, xStride, place(weight, c * weightStride, kind), kind, weightStride,
           bias ? bias + c : bias, out + c, outStride, 1, m, k);
}

#define PRODUCTS(NAME, TYPE, KIND)                                                             \
  static void NAME(                                                                            \
      const float *x, long xStride, const TYPE *weight, long weightStride, const float *bias,  \
      float *out, long outStride, long m, long n, long k) {                                    \
    columns(x, xStride, weight, KIND, weightStride, bias, out, outStride, m, n, k);            \
  }

PRODUCTS(products, float, FLOATS)
PRODUCTS(bfloatProducts, unsigned short, BFLOATS)
PRODUCTS(halfProducts, unsigned short, HALVES)

const KernelSet SET = {
    exponential, silu, siluGradient, geluTanh, geluTanhGradient, gelu, geluGradient, add, subtract,
    multiply, scale, sum, squares, dot, maximum, addRows, addProductRows, exponentials, softmax,
    softmaxGradient, normalise, normGradient, adamw, products, widenBFloats, widenHalves,
    bfloatProducts, halfProducts,
};
