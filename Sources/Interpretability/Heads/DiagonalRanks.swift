import Foundation
public import Interpretability
import Interventions
import Synchronization
import Tensors
import Transformers

/// Where the diagonal of a circuit over the vocabulary stands in its rows.
public struct DiagonalRanks: Sendable, Equatable {
  /// For every row how many entries are greater than the row's own: 0 where it is the greatest.
  public let greater: [Int]
  /// For every row how many entries are less than the row's own: 0 where it is the most negative.
  public let less: [Int]
  /// How many entries a row has.
  public let columns: Int

  /// The share of rows whose own entry is among so many greatest; 0 of no rows.
  public func shareAmongGreatest(_ count: Int = 10) -> Double { share(greater, count) }

  /// The share of rows whose own entry is among so many most negative; 0 of no rows.
  public func shareAmongLeast(_ count: Int = 10) -> Double { share(less, count) }

  private func share(_ ranks: [Int], _ count: Int) -> Double {
    ranks.isEmpty ? 0 : Double(ranks.count { $0 < count }) / Double(ranks.count)
  }
}

/// The rows of `left rightᵀ`, a block at a time: the product of a vocabulary with itself is never held.
struct CircuitRows: Sendable {
  /// `[row, inner]`.
  let left: Tensor
  /// `[column, inner]`.
  let right: Tensor
  /// The column that is each row's own.
  let own: [Int]

  /// Rows at a time, and columns: what they make fits the second cache of a core.
  private static let (rows, columns) = (512, 512)

  /// - Parameter limit: A row whose own entry has so many both above and below it is counted no
  ///   further; nil counts all.
  func ranks(until limit: Int? = nil) -> DiagonalRanks {
    let count = own.count
    var (greater, less) = (Array(repeating: 0, count: count), Array(repeating: 0, count: count))
    let blocks = (count + Self.rows - 1) / Self.rows
    greater.withUnsafeMutableBufferPointer { greater in
      less.withUnsafeMutableBufferPointer { less in
        nonisolated(unsafe) let (greater, less) = (greater.baseAddress, less.baseAddress)
        // Blocks are handed out one by one: some are done with sooner than others.
        let next = Mutex(0)
        Parallel.forEachChunk(of: min(blocks, Parallel.threads), work: blocks, grain: 1) { _ in
          var buffer = [Float](unsafeUninitializedCapacity: Self.rows * Self.columns) {
            $1 = $0.count
          }
          while true {
            let block = next.withLock { next in
              defer { next += 1 }
              return next
            }
            if block >= blocks { return }
            let range = (block * Self.rows)..<min((block + 1) * Self.rows, count)
            rank(range, until: limit ?? .max, &buffer, greater!, less!)
          }
        }
      }
    }
    return DiagonalRanks(greater: greater, less: less, columns: right.shape[0])
  }

  private func rank(
    _ range: Range<Int>, until limit: Int, _ buffer: inout [Float],
    _ greater: UnsafeMutablePointer<Int>, _ less: UnsafeMutablePointer<Int>
  ) {
    let (inner, total) = (left.shape[1], right.shape[0])
    var active = Array(range)
    left.withUnsafeValues { left in
      right.withUnsafeValues { right in
        var gathered = [Float](left[(range.lowerBound * inner)..<(range.upperBound * inner)])
        let diagonal = range.map {
          Kernel.dot(
            left.baseAddress! + $0 * inner, right.baseAddress! + own[$0] * inner, count: inner)
        }
        for start in stride(from: 0, to: total, by: Self.columns) {
          let width = min(Self.columns, total - start)
          buffer.withUnsafeMutableBufferPointer { buffer in
            gathered.withUnsafeBufferPointer { rows in
              BLAS.multiply(
                .init(rows.baseAddress!, stride: inner),
                .init(right.baseAddress! + start * inner, stride: inner, transposed: true),
                into: buffer.baseAddress!, stride: width, m: active.count, n: width, k: inner)
            }
            for (index, row) in active.enumerated() {
              let line = buffer.baseAddress! + index * width
              let value = diagonal[row - range.lowerBound]
              // The product rounds otherwise than the dot: a row is not above itself.
              let place = own[row] - start
              if (0..<width).contains(place) { line[place] = value }
              let found = Self.counts(line, width, value)
              greater[row] += found.greater
              less[row] += found.less
            }
          }
          guard limit < total else { continue }
          let left = active.indices.filter {
            greater[active[$0]] < limit || less[active[$0]] < limit
          }
          if left.isEmpty { return }
          // Fewer rows are worth a copy when a quarter of them is done with.
          if left.count * 4 < active.count * 3 {
            gathered = left.flatMap { gathered[($0 * inner)..<(($0 + 1) * inner)] }
            active = left.map { active[$0] }
          }
        }
      }
    }
  }

  /// How many values are greater and how many less than a value.
  @inline(__always)
  private static func counts(
    _ line: UnsafePointer<Float>, _ count: Int, _ value: Float
  ) -> (greater: Int, less: Int) {
    let bound = Vector(repeating: value)
    var (above, below) = (SIMD8<Int32>.zero, SIMD8<Int32>.zero)
    var i = 0
    while i + 8 <= count {
      let values = Vector(loading: line + i)
      above.replace(with: above &+ 1, where: values .> bound)
      below.replace(with: below &+ 1, where: values .< bound)
      i += 8
    }
    var (greater, less) = (Int(above.wrappedSum()), Int(below.wrappedSum()))
    while i < count {
      if line[i] > value { greater += 1 }
      if line[i] < value { less += 1 }
      i += 1
    }
    return (greater, less)
  }
}

extension HeadCircuits {
  /// The ranks of the OV circuit's diagonal, a row a source token: W_EE W_V W_O W_U.
  ///
  /// - Parameters:
  ///   - embedded: What stands for the tokens.
  ///   - limit: Ranks are exact below it, and at least it otherwise: enough for shares among so many,
  ///     and many times as quick. Nil makes all exact.
  public func outputDiagonal(
    _ head: HeadAddress, of embedded: EmbeddedTokens, until limit: Int? = nil
  ) -> DiagonalRanks {
    outputRows(head, of: embedded).ranks(until: limit)
  }

  /// The ranks of the QK circuit's diagonal, a row a predicted token, over the keys:
  /// W_Uᵀ W_Q W_Kᵀ W_EEᵀ.
  ///
  /// - Parameters:
  ///   - embedded: What stands for the keys; predictions are the same tokens.
  ///   - limit: As in ``outputDiagonal(_:of:until:)``.
  /// - Throws: ``HeadError/normsQueries``.
  public func queryDiagonal(
    _ head: HeadAddress, of embedded: EmbeddedTokens, until limit: Int? = nil
  ) throws -> DiagonalRanks {
    let factors = try queryFactors(head, of: embedded)
    let isAll = embedded.tokens.count == unembedding.shape[0]
    return CircuitRows(
      left: isAll ? factors.query : factors.query.gathering(embedded.tokens), right: factors.key,
      own: Array(embedded.tokens.indices)
    ).ranks(until: limit)
  }

  func outputRows(_ head: HeadAddress, of embedded: EmbeddedTokens) -> CircuitRows {
    CircuitRows(
      left: embedded.values(layer: head.layer).matmul(transposing: value(head)),
      right: unembedding.matmul(transposing: output(head)), own: embedded.tokens)
  }

  /// What predictions ask and what tokens answer, `[token, headWidth]` each.
  func queryFactors(
    _ head: HeadAddress, of embedded: EmbeddedTokens
  ) throws -> (query: Tensor, key: Tensor) {
    if model.configuration.normalizesQueriesAndKeys { throw HeadError.normsQueries }
    return (
      unembedding.matmul(transposing: query(head)),
      embedded.values(layer: head.layer).matmul(transposing: key(head))
    )
  }
}
