import CKernels

/// How the shape of a second operand stretches over the first's.
enum Broadcast {
  /// The shape of two operands combined: axes align at the last one, and an axis that one of them
  /// lacks or has as 1 takes the other's length.
  static func joint(_ a: [Int], _ b: [Int]) -> [Int] {
    if a == b { return a }
    let rank = max(a.count, b.count)
    let x = Array(repeating: 1, count: rank - a.count) + a
    let y = Array(repeating: 1, count: rank - b.count) + b
    return zip(x, y).map { m, n in
      precondition(
        m == n || m == 1 || n == 1, "the shapes \(a) and \(b) do not stretch over each other")
      return m == 1 ? n : m
    }
  }

  /// Both shapes are equal.
  case same
  /// The second repeats over leading axes: `[…, n]` with `[n]`; its count.
  case trailing(Int)
  /// The second has one value a row: `[…, n]` with `[…, 1]`; the row's length.
  case rows(Int)
  /// Any other stretch, by the second's stride along each of the first's axes.
  case strides([Int])

  init(_ a: [Int], _ b: [Int]) {
    if a == b { self = .same; return }
    let trimmed = Array(b.drop { $0 == 1 })
    if trimmed.count <= a.count, a.suffix(trimmed.count).elementsEqual(trimmed) {
      self = .trailing(max(trimmed.reduce(1, *), 1))
      return
    }
    if a.count == b.count, b.last == 1, a.dropLast().elementsEqual(b.dropLast()) {
      self = .rows(a.last!)
      return
    }
    let padded = Array(repeating: 1, count: max(a.count - b.count, 0)) + b
    precondition(
      padded.count == a.count && zip(a, padded).allSatisfy { $0 == $1 || $1 == 1 },
      "the shape \(b) does not stretch over \(a)")
    var strides = Array(repeating: 0, count: a.count)
    var step = 1
    for axis in a.indices.reversed() {
      strides[axis] = padded[axis] == 1 ? 0 : step
      step *= padded[axis]
    }
    self = .strides(strides)
  }
}

extension Tensor {
  private typealias Pairwise =
    @convention(c) (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int
    ) -> Void

  /// Applies `f` to every value of `a` and the value of `b` stretched over it.
  ///
  /// - Parameter kernel: The processor's own loop that does so for two rows, where there is one.
  @inline(__always)
  private static func combine(
    _ a: Tensor, _ b: Tensor, by kernel: Pairwise? = nil, _ f: @Sendable (Vector, Vector) -> Vector
  ) -> Tensor {
    let result = Tensor(uninitialized: a.shape)
    let (a, b) = (a.widened(), b.widened())
    defer { withExtendedLifetime((a, b)) {} }
    nonisolated(unsafe) let (x, y, out) = (a.storage.base, b.storage.base, result.storage.base)
    /// Values from `start` on with as many of `b` from `other` on.
    @Sendable func pair(_ start: Int, _ other: Int, _ count: Int) {
      if let kernel { return kernel(x + start, y + other, out + start, count) }
      Kernel.map(x + start, y + other, out + start, count: count, f)
    }
    switch Broadcast(a.shape, b.shape) {
    case .same:
      Parallel.forEachChunk(of: a.count, work: a.count, grain: 1 << 17, multipleOf: 16) { part in
        pair(part.lowerBound, part.lowerBound, part.count)
      }
    case .trailing(1):
      let value = Vector(repeating: y[0])
      Parallel.forEachChunk(of: a.count, work: a.count, grain: 1 << 17, multipleOf: 16) { part in
        let start = part.lowerBound
        Kernel.map(x + start, out + start, count: part.count) { f($0, value) }
      }
    case .trailing(let width):
      Parallel.forEachChunk(of: a.count / max(width, 1), work: a.count, grain: 1 << 17) { rows in
        for row in rows { pair(row * width, 0, width) }
      }
    case .rows(let width):
      Parallel.forEachChunk(of: a.count / max(width, 1), work: a.count, grain: 1 << 17) { rows in
        for row in rows {
          let value = Vector(repeating: y[row])
          Kernel.map(x + row * width, out + row * width, count: width) { f($0, value) }
        }
      }
    case .strides(let strides):
      let width = a.shape[a.rank - 1]
      forEachRow(of: a.shape, strides: strides) { row, other in
        let start = row * width
        if strides[a.rank - 1] == 0 {
          let value = Vector(repeating: y[other])
          Kernel.map(x + start, out + start, count: width) { f($0, value) }
        } else {
          pair(start, other, width)
        }
      }
    }
    return result
  }

  /// Visits the rows along the last axis in order, each with its offset in a strided operand.
  @inline(__always)
  static func forEachRow(
    of shape: [Int], strides: [Int], _ body: (_ row: Int, _ other: Int) -> Void
  ) {
    var place = Array(repeating: 0, count: shape.count)
    var other = 0
    for row in 0..<shape.dropLast().reduce(1, *) {
      body(row, other)
      var axis = shape.count - 2
      while axis >= 0 {
        place[axis] += 1
        other += strides[axis]
        if place[axis] < shape[axis] { break }
        other -= strides[axis] * shape[axis]
        place[axis] = 0
        axis -= 1
      }
    }
  }

  /// The values repeated along the axes that the tensor lacks or has as 1.
  func stretched(to target: [Int]) -> Tensor {
    if shape == target { return self }
    if count == target.reduce(1, *) { return reshaped(to: target) }
    return Tensor.combine(.zeros(target), self) { $1 }
      .recording([self], [{ [shape] in $0.summed(to: shape) }])
  }

  /// Sums over the axes along which `target` was stretched to this tensor's shape.
  func summed(to target: [Int]) -> Tensor {
    if shape == target { return detached() }
    var result = Tensor.zeros(target)
    nonisolated(unsafe) let x = storage.base
    result.withUnsafeMutableValues { values in
      let out = values.baseAddress!
      switch Broadcast(shape, target) {
      case .same: break
      case .trailing(1):
        out[0] = Kernel.sum(x, count: count)
      case .trailing(let width):
        addRows(count / max(width, 1), width: width, to: out) {
          KernelSet.best.addRows(x + $0, $1, width, $2, $3)
        }
      case .rows(let width):
        for row in 0..<(count / max(width, 1)) {
          out[row] = Kernel.sum(x + row * width, count: width)
        }
      case .strides(let strides):
        let width = shape[rank - 1]
        Tensor.forEachRow(of: shape, strides: strides) { row, other in
          if strides[rank - 1] == 0 {
            out[other] += Kernel.sum(x + row * width, count: width)
          } else {
            Kernel.add(x + row * width, to: out + other, count: width)
          }
        }
      }
    }
    return result
  }

  /// Σ over rows of the products with another tensor of this shape, `[width]`.
  func summedProducts(with other: Tensor, width: Int) -> Tensor {
    let result = Tensor.zeros([width])
    nonisolated(unsafe) let (x, y) = (storage.base, other.storage.base)
    addRows(count / max(width, 1), width: width, to: result.storage.base) {
      KernelSet.best.addProductRows(x + $0, y + $0, $1, width, $2, $3)
    }
    return result
  }

  /// Adds rows up, columns shared out among threads: each is a sum of its own.
  private func addRows(
    _ rows: Int, width: Int, to out: UnsafeMutablePointer<Float>,
    _ body:
      @Sendable (
        _ column: Int, _ rows: Int, _ columns: Int, _ sums: UnsafeMutablePointer<Float>
      ) -> Void
  ) {
    nonisolated(unsafe) let out = out
    Parallel.forEachChunk(of: width, work: rows * width, grain: 1 << 17, multipleOf: 64) { part in
      body(part.lowerBound, rows, part.count, out + part.lowerBound)
    }
  }

  /// The operands of a commutative operation, in an order in which only the second stretches.
  private static func ordered(_ a: Tensor, _ b: Tensor) -> (Tensor, Tensor) {
    let shape = Broadcast.joint(a.shape, b.shape)
    return b.shape == shape && a.shape != shape ? (b, a) : (a.stretched(to: shape), b)
  }

  /// The sum; either operand stretches along the axes it lacks or has as 1.
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    let (a, b) = ordered(a, b)
    return combine(a, b, by: KernelSet.best.add) { $0 + $1 }
      .recording([a, b], [{ $0 }, { [shape = b.shape] in $0.summed(to: shape) }])
  }

  /// The difference; either operand stretches along the axes it lacks or has as 1.
  public static func - (a: Tensor, b: Tensor) -> Tensor {
    let a = a.stretched(to: Broadcast.joint(a.shape, b.shape))
    return combine(a, b, by: KernelSet.best.subtract) { $0 - $1 }
      .recording([a, b], [{ $0 }, { [shape = b.shape] in -$0.summed(to: shape) }])
  }

  /// The product value by value; either operand stretches along the axes it lacks or has as 1.
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    let (a, b) = ordered(a, b)
    let (x, y) = (a.detached(), b.detached())
    return combine(a, b, by: KernelSet.best.multiply) { $0 * $1 }
      .recording(
        [a, b],
        [
          { $0 * y },
          { gradient in
            if gradient.rank > 1, y.shape == gradient.shape.suffix(1) {
              return gradient.summedProducts(with: x, width: y.count)
            }
            return (gradient * x).summed(to: y.shape)
          },
        ])
  }

  /// The quotient value by value; either operand stretches along the axes it lacks or has as 1.
  public static func / (a: Tensor, b: Tensor) -> Tensor {
    let a = a.stretched(to: Broadcast.joint(a.shape, b.shape))
    let (y, quotient) = (b.detached(), combine(a, b) { $0 / $1 })
    // Not x / y²: the square of a small divisor would vanish.
    return quotient.recording(
      [a, b], [{ $0 / y }, { -($0 * quotient / y).summed(to: y.shape) }])
  }

  /// The negative.
  public static prefix func - (a: Tensor) -> Tensor { a * -1 }
  /// Adds a number to every value.
  public static func + (a: Tensor, b: Float) -> Tensor { a + Tensor(scalar: b) }
  /// Subtracts a number from every value.
  public static func - (a: Tensor, b: Float) -> Tensor { a - Tensor(scalar: b) }
  /// Multiplies every value by a number.
  public static func * (a: Tensor, b: Float) -> Tensor { a * Tensor(scalar: b) }
  /// Multiplies every value by a number.
  public static func * (a: Float, b: Tensor) -> Tensor { b * Tensor(scalar: a) }
  /// Divides every value by a number.
  public static func / (a: Tensor, b: Float) -> Tensor { a / Tensor(scalar: b) }
  /// Adds another tensor.
  public static func += (a: inout Tensor, b: Tensor) { a = a + b }
}
