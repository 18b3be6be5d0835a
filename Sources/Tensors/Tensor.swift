import Foundation

/// An array of Float32 values with a shape: a value, contiguous and row-major.
///
/// Copies share memory until one of them is written to. Axes are written in brackets in the
/// documentation, as in `[batch, head, query, key]`, the last one moving fastest.
///
/// A tensor may carry the history of how it was computed (see ``requiringGradient()``); one that
/// does not costs nothing extra.
///
/// A wrong shape is a mistake of the program, not of its input: operations stop with a message
/// that names both shapes. Check shapes that come from a file or a student before you use them.
public struct Tensor: Sendable {
  /// The length of every axis; empty for a scalar.
  public let shape: [Int]
  package private(set) var storage: TensorStorage
  /// How the tensor was computed, or nil when no gradient is asked of it.
  package var node: GradientNode?

  package init(storage: TensorStorage, shape: [Int], node: GradientNode? = nil) {
    self.storage = storage
    self.shape = shape
    self.node = node
  }

  /// A tensor of the given values in row-major order.
  ///
  /// - Precondition: there are as many values as the shape holds.
  public init(_ values: [Float], shape: [Int]) {
    precondition(
      values.count == shape.reduce(1, *) && shape.allSatisfy { $0 >= 0 },
      "\(values.count) values do not fill the shape \(shape), which holds \(shape.reduce(1, *))")
    self.init(uninitialized: shape)
    values.withUnsafeBufferPointer { source in
      guard let address = source.baseAddress else { return }
      storage.base.update(from: address, count: values.count)
    }
  }

  /// A vector, `[values.count]`.
  public init(_ values: [Float]) { self.init(values, shape: [values.count]) }

  /// A matrix, `[rows.count, rows[0].count]`.
  ///
  /// - Precondition: every row has the same length.
  public init(rows: [[Float]]) {
    let width = rows.first?.count ?? 0
    precondition(rows.allSatisfy { $0.count == width }, "the rows differ in length")
    self.init(rows.flatMap { $0 }, shape: [rows.count, width])
  }

  /// A scalar: a tensor with no axes and one value.
  public init(scalar value: Float) { self.init([value], shape: []) }

  /// A tensor that holds one value everywhere.
  public init(repeating value: Float, shape: [Int]) {
    self.init(
      storage: TensorStorage(repeating: value, count: shape.reduce(1, *)), shape: shape)
  }

  /// A tensor of zeros.
  public static func zeros(_ shape: [Int]) -> Tensor { Tensor(repeating: 0, shape: shape) }

  package init(uninitialized shape: [Int]) {
    self.init(storage: TensorStorage(uninitialized: shape.reduce(1, *)), shape: shape)
  }

  /// How many axes there are.
  public var rank: Int { shape.count }
  /// How many values there are.
  public var count: Int { storage.count }

  /// All values in row-major order.
  public var values: [Float] { withUnsafeValues { Array($0) } }

  /// The only value of a tensor that has one.
  public var scalar: Float {
    precondition(count == 1, "a tensor of shape \(shape) has \(count) values, not one")
    return storage[0]
  }

  /// The value at one place, an index for every axis.
  ///
  /// Writing forgets the gradient history: what was written is not what was computed.
  public subscript(_ indices: Int...) -> Float {
    get { storage[offset(of: indices)] }
    set {
      let offset = offset(of: indices)
      withUnsafeMutableValues { $0[offset] = newValue }
    }
  }

  /// Reads the values in place; the pointer must not leave the closure.
  public func withUnsafeValues<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    let wide = widened().storage
    defer { withExtendedLifetime(wide) {} }
    return try body(UnsafeBufferPointer(start: wide.base, count: count))
  }

  /// Changes the values in place, copying them first when another tensor shares them.
  public mutating func withUnsafeMutableValues<R>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    if isNarrow || !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
    node = nil
    return try body(UnsafeMutableBufferPointer(start: storage.base, count: count))
  }

  private func offset(of indices: [Int]) -> Int {
    precondition(
      indices.count == shape.count,
      "\(indices.count) indices for the \(shape.count) axes of \(shape)")
    var offset = 0
    for (index, length) in zip(indices, shape) {
      precondition(index >= 0 && index < length, "index \(indices) is outside the shape \(shape)")
      offset = offset * length + index
    }
    return offset
  }
}

extension Tensor: Equatable {
  /// Whether shapes and values are equal; NaN is unequal to itself, as in IEEE 754.
  public static func == (a: Tensor, b: Tensor) -> Bool {
    guard a.shape == b.shape else { return false }
    return a.withUnsafeValues { x in
      b.withUnsafeValues { y in x.indices.allSatisfy { x[$0] == y[$0] } }
    }
  }
}

extension Tensor: CustomStringConvertible {
  /// The shape and the first values, for a message or the debugger.
  public var description: String {
    let first = (0..<min(count, 8)).map { storage[$0] }
    let shown = first.map { String(format: "%.4g", $0) }.joined(separator: ", ")
    return "Tensor \(shape) [\(shown)\(count > 8 ? ", …" : "")]"
  }
}
