/// How the shape of a second operand stretches over the first's.
enum Broadcast {
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
  /// Applies `f` to every value of `a` and the value of `b` stretched over it.
  @inline(__always)
  private static func combine(
    _ a: Tensor, _ b: Tensor, _ f: @Sendable (Vector, Vector) -> Vector
  ) -> Tensor {
    let result = Tensor(uninitialized: a.shape)
    nonisolated(unsafe) let (x, y, out) = (a.storage.base, b.storage.base, result.storage.base)
    switch Broadcast(a.shape, b.shape) {
    case .same:
      Parallel.forEachChunk(of: a.count, work: a.count, grain: 1 << 17, multipleOf: 16) { part in
        let start = part.lowerBound
        Kernel.map(x + start, y + start, out + start, count: part.count, f)
      }
    case .trailing(1):
      let value = Vector(repeating: y[0])
      Parallel.forEachChunk(of: a.count, work: a.count, grain: 1 << 17, multipleOf: 16) { part in
        let start = part.lowerBound
        Kernel.map(x + start, out + start, count: part.count) { f($0, value) }
      }
    case .trailing(let width):
      Parallel.forEachChunk(of: a.count / max(width, 1), work: a.count, grain: 1 << 17) { rows in
        for row in rows { Kernel.map(x + row * width, y, out + row * width, count: width, f) }
      }
    case .rows(let width):
      Parallel.forEachChunk(of: a.count / max(width, 1), work: a.count, grain: 1 << 17) { rows in
        for row in rows {
          let value = Vector(repeating: y[row])
          Kernel.map(x + row * width, out + row * width, count: width) { f($0, value) }
        }
      }
    case .strides(let strides):
      forEachPlace(in: a.shape, strides: strides) { index, other in
        out[index] = f(Vector(repeating: x[index]), Vector(repeating: y[other]))[0]
      }
    }
    return result
  }

  /// Visits every place of a shape in row-major order with its offset in a strided operand.
  private static func forEachPlace(
    in shape: [Int], strides: [Int], _ body: (_ index: Int, _ other: Int) -> Void
  ) {
    var place = Array(repeating: 0, count: shape.count)
    var other = 0
    for index in 0..<shape.reduce(1, *) {
      body(index, other)
      var axis = shape.count - 1
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

  /// Sums over the axes along which `target` was stretched to this tensor's shape.
  func summed(to target: [Int]) -> Tensor {
    if shape == target { return detached() }
    var result = Tensor.zeros(target)
    let x = storage.base
    result.withUnsafeMutableValues { values in
      let out = values.baseAddress!
      switch Broadcast(shape, target) {
      case .same: break
      case .trailing(1):
        out[0] = Kernel.sum(x, count: count)
      case .trailing(let width):
        for row in 0..<(count / max(width, 1)) {
          Kernel.add(x + row * width, to: out, count: width)
        }
      case .rows(let width):
        for row in 0..<(count / max(width, 1)) {
          out[row] = Kernel.sum(x + row * width, count: width)
        }
      case .strides(let strides):
        Tensor.forEachPlace(in: shape, strides: strides) { out[$1] += x[$0] }
      }
    }
    return result
  }

  /// The larger operand first: only the second is stretched.
  private static func ordered(_ a: Tensor, _ b: Tensor) -> (Tensor, Tensor) {
    a.rank > b.rank || (a.rank == b.rank && a.count >= b.count) ? (a, b) : (b, a)
  }

  /// The sum; the smaller shape is stretched over the larger along axes it lacks or has as 1.
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    let (a, b) = ordered(a, b)
    return combine(a, b) { $0 + $1 }
      .recording([a, b], [{ $0 }, { [shape = b.shape] in $0.summed(to: shape) }])
  }

  /// The difference; `b` may be stretched over `a`.
  public static func - (a: Tensor, b: Tensor) -> Tensor {
    if a.count < b.count { return a + -b }
    return combine(a, b) { $0 - $1 }
      .recording([a, b], [{ $0 }, { [shape = b.shape] in -$0.summed(to: shape) }])
  }

  /// The product value by value; the smaller shape is stretched over the larger.
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    let (a, b) = ordered(a, b)
    let (x, y) = (a.detached(), b.detached())
    return combine(a, b) { $0 * $1 }
      .recording([a, b], [{ $0 * y }, { ($0 * x).summed(to: y.shape) }])
  }

  /// The quotient value by value; `b` is stretched over `a`.
  public static func / (a: Tensor, b: Tensor) -> Tensor {
    let (x, y) = (a.detached(), b.detached())
    return combine(a, b) { $0 / $1 }
      .recording([a, b], [{ $0 / y }, { -($0 * x / (y * y)).summed(to: y.shape) }])
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
