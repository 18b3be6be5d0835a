import Interpretability
import LensesVocabulary
import Tensors
import Transformers

/// The logit lens at every position of some texts that has a next one.
///
/// Every other layer is there, for a question has to be small.
struct LensPool {
  /// `[layer, position, token]`; the last layer is the model's own.
  private(set) var logits: Tensor
  /// What the texts go on with.
  let next: [Int]

  /// Some 350 positions of sixteen texts.
  private init(_ spec: LensModel, using generator: inout SeededGenerator) throws {
    let texts = LensTexts.drawn(16, seed: generator.next())
    var (next, places, start): ([Int], [Int], Int) = ([], [], 0)
    for text in texts {
      next += text.dropFirst()
      places += start..<(start + text.count - 1)
      start += text.count
    }
    let states = try spec.states(of: texts).at(places).values
    let last = states.shape[0] - 1
    let layers = stride(from: last % 2, through: last, by: 2).map { states[at: $0] }
    logits = try spec.made().logits(of: ResidualStates(.stack(layers), lastIsNormed: false))
    self.next = next
  }

  /// Some of the positions, in their order.
  private func at(_ positions: [Int]) -> LensOverTexts {
    LensOverTexts(
      logits: .stack((0..<logits.shape[0]).map { logits[at: $0].gathering(positions) }),
      next: positions.map { next[$0] })
  }

  /// Positions of texts, drawn at random.
  static func drawn(
    _ count: Int, of spec: LensModel, using generator: inout SeededGenerator
  ) throws -> LensOverTexts {
    let pool = try LensPool(spec, using: &generator)
    return pool.at(Array(pool.next.indices.shuffled(using: &generator).prefix(count).sorted()))
  }

  /// Positions of texts with two or three among them at which the lens chooses what the model does,
  /// and another logit comes nearer than a hundredth, or in half precision is the same.
  ///
  /// One reading in three hundred is so near, and one in sixty ties: few positions have neither.
  static func close(
    _ count: Int, of spec: LensModel, isHalf: Bool, using generator: inout SeededGenerator
  ) throws -> LensOverTexts {
    while true {
      var pool = try LensPool(spec, using: &generator)
      if isHalf { pool.halve() }
      let close = pool.closePositions(isHalf: isHalf)
      guard !close.isEmpty else { continue }
      let others = pool.next.indices.shuffled(using: &generator).filter { !close.contains($0) }
      return pool.at((close.prefix(3) + others.prefix(count - min(close.count, 3))).sorted())
    }
  }

  /// Rounds all layers but the last to bfloat16, to the nearest, halves to even.
  private mutating func halve() {
    let count = logits.count / logits.shape[0] * (logits.shape[0] - 1)
    logits.withUnsafeMutableValues { values in
      for index in 0..<count {
        let bits = values[index].bitPattern
        values[index] = Float(
          bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
      }
    }
  }

  private func closePositions(isHalf: Bool) -> [Int] {
    let last = logits.shape[0] - 1
    let layers = (0...last).map { logits[at: $0] }
    let choices = layers.map { $0.argmax() }
    return next.indices.filter { position in
      (0..<last).contains { layer in
        guard choices[layer][position] == choices[last][position] else { return false }
        let row = layers[layer][at: position].values
        let top = row[choices[layer][position]]
        let room: Float = isHalf ? 0 : 0.01
        return row.count { $0 >= top - room } > 1
      }
    }
  }
}
