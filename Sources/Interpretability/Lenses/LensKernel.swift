import Foundation
import Tensors
public import Transformers

extension Transformer {
  /// What a lens says at every layer and position.
  ///
  /// Logits are computed a slab of the vocabulary at a time and used while they are in the cache:
  /// 2,000 positions of GPT-2 at 13 layers would fill five gigabytes.
  ///
  /// - Precondition: the model has a head.
  public func reading(
    of states: ResidualStates, through lens: some Lens = LogitLens()
  ) -> LensReading {
    let (layers, positions) = (states.layerCount, states.positionCount)
    let width = configuration.width
    // All layers of a position stand together, the last one, which all are held against, at the end.
    let rows = unembeddable(states, through: lens).permuted([1, 0, 2])
      .reshaped(to: [positions * layers, width])
    let product = logitProduct(ofNormed: rows)
    var cells = Array(
      repeating: LensReading.Cell(
        token: 0, ties: 0, probability: 0, entropy: 0, divergence: 0, surprisal: 0, agrees: false),
      count: positions * layers)
    cells.withUnsafeMutableBufferPointer { cells in
      nonisolated(unsafe) let cells = cells.baseAddress!
      let share = (positions + Parallel.threads - 1) / Parallel.threads
      let block = max(1, min(LensSlab.rows / layers, share))
      let blocks = (positions + block - 1) / block
      // One chunk a thread; each goes through its positions block by block.
      Parallel.forEachChunk(of: blocks, work: blocks, grain: 1) { part in
        for index in part {
          let range = (index * block)..<min((index + 1) * block, positions)
          LensSlab(
            states: product.states, weight: product.weight, bias: product.bias,
            firstRow: range.lowerBound * layers, positions: range.count, layers: layers
          ).read(into: cells + range.lowerBound * layers)
        }
      }
    }
    return LensReading(
      (0..<layers).map { layer in (0..<positions).map { cells[$0 * layers + layer] } })
  }
}

/// Some positions with all their layers on the way through the vocabulary.
private struct LensSlab {
  /// Rows at a time, and columns: what they make fits the second cache of a core.
  static let rows = 624
  static let columns = 512

  let states: Tensor
  let weight: Tensor
  let bias: Tensor?
  let firstRow: Int
  let positions: Int
  let layers: Int

  /// Sums over the columns so far, about a greatest logit `top` that may still grow.
  private struct Sums {
    var top: Float = -.infinity
    var token = 0
    var ties = 0
    /// Σ e^(z − top).
    var total = 0.0
    /// Σ e^(z − top) (z − top).
    var weighted = 0.0
    /// Σ e^(c − topᶜ) ((c − topᶜ) − (z − top)), with the model's own logits c.
    var distance = 0.0
    /// The model's own logit of `token`.
    var own: Float = 0

    /// Moves to a greater `top`.
    mutating func raise(to higher: Float) -> Double {
      let step = top == -.infinity ? 0 : Double(top) - Double(higher)
      let factor = exp(step)
      weighted = factor * (weighted + step * total)
      total *= factor
      top = higher
      return step
    }
  }

  func read(into cells: UnsafeMutablePointer<LensReading.Cell>) {
    let (count, vocabulary, inner) = (positions * layers, weight.shape[0], weight.shape[1])
    let logits = UnsafeMutablePointer<Float>.allocate(capacity: count * Self.columns)
    let clean = UnsafeMutablePointer<Float>.allocate(capacity: Self.columns)
    var sums = Array(repeating: Sums(), count: count)
    defer {
      logits.deallocate()
      clean.deallocate()
    }
    for start in stride(from: 0, to: vocabulary, by: Self.columns) {
      let columns = min(Self.columns, vocabulary - start)
      if let bias {
        for row in 0..<count {
          (logits + row * columns).update(from: bias.storage.base + start, count: columns)
        }
      }
      BLAS.multiply(
        .init(states.storage.base + firstRow * inner, stride: inner),
        weight.operand(from: start * inner, stride: inner, transposed: true),
        into: logits, stride: columns, m: count, n: columns, k: inner, keep: bias == nil ? 0 : 1)
      sums.withUnsafeMutableBufferPointer { sums in
        for position in 0..<positions {
          add(
            logits + position * layers * columns, start: start, columns: columns, clean: clean,
            to: sums.baseAddress! + position * layers)
        }
      }
    }
    for row in 0..<count {
      let (own, last) = (sums[row], sums[row / layers * layers + layers - 1])
      let cleanTotal = log(last.total)
      let divergence = own.distance / last.total - cleanTotal + log(own.total)
      cells[row] = LensReading.Cell(
        token: own.token, ties: own.ties, probability: Float(1 / own.total),
        entropy: Float(log(own.total) - own.weighted / own.total),
        divergence: Float(divergence < 0 ? 0 : divergence),
        surprisal: Float(cleanTotal - (Double(own.own) - Double(last.top))),
        agrees: own.ties == 1 && own.token == last.token)
    }
  }

  /// Adds some columns of one position's rows, the model's own row first.
  private func add(
    _ logits: UnsafePointer<Float>, start: Int, columns: Int, clean: UnsafeMutablePointer<Float>,
    to sums: UnsafeMutablePointer<Sums>
  ) {
    let last = layers - 1
    let own = logits + last * columns
    let cleanTotal = sums[last].total
    let step = top(own, own, start: start, columns: columns, of: &sums[last])
    let factor = exp(step)
    for layer in 0..<last {
      let distance = sums[layer].distance
      sums[layer].distance = factor * (distance + step * cleanTotal)
    }
    // What the model's own row had weighed before this slab, about its top as it is now.
    let weighed = cleanTotal * factor
    let ownTop = Vector(repeating: sums[last].top)
    var (total, weighted) = (Vector(repeating: 0), Vector(repeating: 0))
    var i = 0
    while i < columns {
      let lanes = min(8, columns - i)
      let z = Vector(loading: own + i, count: lanes, filling: -.infinity) - ownTop
      let e = z.exponential()
      total += e
      // 0 · −∞ would be no number.
      weighted += e * z.replacing(with: 0, where: e .== 0)
      e.store(to: clean + i, count: lanes)
      i += 8
    }
    sums[last].total += Double(total.total)
    sums[last].weighted += Double(weighted.total)
    for layer in 0..<last {
      let row = logits + layer * columns
      let raised = top(row, own, start: start, columns: columns, of: &sums[layer])
      sums[layer].distance -= raised * weighed
      let rowTop = Vector(repeating: sums[layer].top)
      var (total, weighted) = (Vector(repeating: 0), Vector(repeating: 0))
      var distance = Vector(repeating: 0)
      var i = 0
      while i + 8 <= columns {
        let z = Vector(loading: row + i) - rowTop
        let e = z.exponential()
        total += e
        weighted += e * z.replacing(with: 0, where: e .== 0)
        let weight = Vector(loading: clean + i)
        let difference = Vector(loading: own + i) - ownTop - z
        distance += weight * difference.replacing(with: 0, where: weight .== 0)
        i += 8
      }
      if i < columns {
        let lanes = columns - i
        let z = Vector(loading: row + i, count: lanes, filling: -.infinity) - rowTop
        let e = z.exponential()
        total += e
        weighted += e * z.replacing(with: 0, where: e .== 0)
        let c = Vector(loading: own + i, count: lanes, filling: 0) - ownTop
        let weight = Vector(loading: clean + i, count: lanes, filling: 0)
        distance += weight * (c - z).replacing(with: 0, where: weight .== 0)
      }
      sums[layer].total += Double(total.total)
      sums[layer].weighted += Double(weighted.total)
      sums[layer].distance += Double(distance.total)
    }
  }

  /// Finds the greatest of some columns, and returns by how much that moves the top, in the sense
  /// of ``Sums/raise(to:)``.
  private func top(
    _ row: UnsafePointer<Float>, _ own: UnsafePointer<Float>, start: Int, columns: Int,
    of sums: inout Sums
  ) -> Double {
    let greatest = Kernel.maximum(row, count: columns)
    // Not a number is greater than all, so that it is seen.
    if greatest.isNaN || sums.top.isNaN {
      if !sums.top.isNaN {
        sums.token = start + (0..<columns).first { row[$0].isNaN }!
        sums.ties = 1
        sums.own = .nan
      }
      return sums.raise(to: .nan)
    }
    guard greatest >= sums.top else { return 0 }
    let isHigher = greatest > sums.top
    if isHigher { sums.ties = 0 }
    for column in 0..<columns where row[column] == greatest {
      if sums.ties == 0 {
        sums.token = start + column
        sums.own = own[column]
      }
      sums.ties += 1
    }
    return isHigher ? sums.raise(to: greatest) : 0
  }
}
