import Tensors

/// A batch, and the model it goes through.
struct Shape {
  let rows, length, layers, heads, width, vocabulary: Int
}

/// The products of a forward pass, one after the other.
struct Products {
  let shape: Shape
  let weights: [Tensor]
  let unembedding: Tensor
  let x: Tensor
  let wide: Tensor
  var out: Tensor
  var logits: Tensor
  var pattern: Tensor

  init(of shape: Shape) {
    self.shape = shape
    let (rows, length) = (shape.rows, shape.length)
    let (d, n) = (shape.width, rows * length)
    // Layers have weights of their own: the same one again would lie in the cache.
    weights = (0..<shape.layers).map { _ in Tensor(repeating: 0.01, shape: [12 * d, d]) }
    unembedding = Tensor(repeating: 0.01, shape: [shape.vocabulary, d])
    x = Tensor(repeating: 0.5, shape: [n, d])
    wide = Tensor(repeating: 0.5, shape: [n, 4 * d])
    out = Tensor(repeating: 0, shape: [n, 4 * d])
    logits = Tensor(repeating: 0, shape: [n, shape.vocabulary])
    pattern = Tensor(repeating: 0.5, shape: [rows, shape.heads, length, length])
  }

  mutating func run() {
    let (d, n, heads) = (shape.width, shape.rows * shape.length, shape.heads)
    let (length, headWidth) = (shape.length, d / heads)
    nonisolated(unsafe) let x = x.withUnsafeValues { $0.baseAddress! }
    nonisolated(unsafe) let out = out.withUnsafeMutableValues { $0.baseAddress! }
    nonisolated(unsafe) let scores = pattern.withUnsafeMutableValues { $0.baseAddress! }
    let wide = wide.withUnsafeValues { $0.baseAddress! }
    for weight in weights {
      let w = weight.withUnsafeValues { $0.baseAddress! }
      for projection in 0..<4 { multiply(x, w + projection * d * d, into: out, n: d, k: d) }
      multiply(x, w + 4 * d * d, into: out, n: 4 * d, k: d)
      multiply(wide, w + 8 * d * d, into: out, n: d, k: 4 * d)
      Parallel.forEachChunk(
        of: shape.rows * heads, work: n * heads * length * headWidth, grain: 1 << 19
      ) { part in
        for index in part {
          let place = index / heads * length * d + index % heads * headWidth
          let pattern = scores + index * length * length
          BLAS.multiply(
            .init(x + place, stride: d), .init(x + place, stride: d, transposed: true),
            into: pattern, stride: length, m: length, n: length, k: headWidth)
          BLAS.multiply(
            .init(pattern, stride: length), .init(x + place, stride: d),
            into: out + place, stride: d, m: length, n: headWidth, k: length)
        }
      }
    }
    let logits = logits.withUnsafeMutableValues { $0.baseAddress! }
    multiply(
      x, unembedding.withUnsafeValues { $0.baseAddress! }, into: logits, n: shape.vocabulary, k: d)
  }

  private func multiply(
    _ x: UnsafePointer<Float>, _ weight: UnsafePointer<Float>,
    into out: UnsafeMutablePointer<Float>, n: Int, k: Int
  ) {
    BLAS.multiplyInParallel(
      .init(x, stride: k), .init(weight, stride: k, transposed: true), into: out, stride: n,
      m: shape.rows * shape.length, n: n, k: k)
  }
}
