import SheetTools
import SuppressionVocabulary
import Tensors
import Transformers

/// A text on its way through a model, in Double.
struct PlainRun {
  let model: Transformer
  let tokens: [Int]
  private let run: Transformer.Run

  init(
    _ model: Transformer, _ tokens: [Int], intervening interventions: [Intervention] = []
  ) throws {
    self.model = model
    self.tokens = tokens
    let results = (0..<model.configuration.decoder!.layerCount).map {
      HookPoint.block(.blocks, $0, .attention(.own, .result))
    }
    run = try model.run(
      ModelInput(tokens), capturing: .points(Set(model.configuration.hookPoints + results)),
      intervening: interventions)
  }

  var layers: Int { model.configuration.decoder!.layerCount }
  var heads: Int { model.configuration.decoder!.headCount }

  /// The logits, `[position][token]`.
  var logits: [[Double]] { run.logits[at: 0].doubleRows }

  /// What a point holds, `[position]` and all else in a row.
  func rows(_ point: HookPoint) throws -> [[Double]] {
    let found = try run.trace[point][at: 0]
    return found.reshaped(to: [found.shape[0], found.count / found.shape[0]]).doubleRows
  }

  /// What a point holds of one head, `[position][…]`.
  func rows(_ place: HeadPlace, _ point: HookPoint.AttentionPoint) throws -> [[Double]] {
    let found = try run.trace[.block(.blocks, place.layer, .attention(.own, point))][at: 0]
    return found.slice(axis: 1, place.head..<(place.head + 1))
      .reshaped(to: [found.shape[0], found.shape[2]]).doubleRows
  }

  /// A head's attention, `[query][key]`.
  func pattern(_ place: HeadPlace) throws -> [[Double]] {
    try run.trace[.pattern(.blocks, place.layer)][at: 0][at: place.head].doubleRows
  }

  /// A head's scores, `[query][key]`.
  func scores(_ place: HeadPlace) throws -> [[Double]] {
    try run.trace[.block(.blocks, place.layer, .attention(.own, .scores))][at: 0][at: place.head]
      .doubleRows
  }

  /// What the final norm divides by, `[position]`.
  func scales() throws -> [Double] {
    try rows(.finalNorm(.blocks, .scale)).map { $0[0] }
  }

  /// The lens before a block, or after the last one, `[position][token]`.
  ///
  /// - Parameter isNormed: Whether the final norm stands between the stream and the unembedding.
  func lens(before layer: Int, isNormed: Bool = true) throws -> [[Double]] {
    let stream = try run.trace[model.configuration.residualPoints[layer]][at: 0]
    return model.logits(ofNormed: isNormed ? model.finalNorm(stream) : stream).doubleRows
  }

  /// What a head writes, `[position][width]`, of all positions.
  func result(_ place: HeadPlace) throws -> [[Double]] { try rows(place, .result) }

  /// What every head adds to the logit of one token a position, `[layer][head][position]`.
  func headEffects(
    on targets: [Int: Int], along directions: [[Double]], scales: [Double]?
  ) throws -> [[[Double]]] {
    try (0..<layers).map { layer in
      try (0..<heads).map { head in
        let wrote = try result(HeadPlace(layer: layer, head: head))
        return effects(of: wrote, on: targets, along: directions, scales: scales)
      }
    }
  }

  /// The same of every MLP, `[layer][position]`.
  func mlpEffects(
    on targets: [Int: Int], along directions: [[Double]], scales: [Double]?
  ) throws -> [[Double]] {
    try (0..<layers).map {
      effects(
        of: try rows(.block(.blocks, $0, .mlpOut)), on: targets, along: directions,
        scales: scales)
    }
  }

  private func effects(
    of wrote: [[Double]], on targets: [Int: Int], along directions: [[Double]], scales: [Double]?
  ) -> [Double] {
    targets.keys.sorted().map { position in
      Plain.dot(wrote[position], directions[targets[position]!]) / (scales?[position] ?? 1)
    }
  }

  /// The token that follows every position but the last.
  var nextTokens: [Int: Int] {
    Dictionary(uniqueKeysWithValues: zip(tokens.indices, tokens.dropFirst()))
  }
}

extension HeadPlace {
  /// Puts something in the place of what the head mixes, everywhere or at some positions.
  func replaced(by values: [Double], at positions: Range<Int>? = nil) -> Intervention {
    let values = values.map(Float.init)
    return Intervention(at: .block(.blocks, layer, .attention(.own, .mixed))) { mixed in
      var mixed = mixed
      for row in 0..<mixed.shape[0] {
        for position in positions ?? 0..<mixed.shape[1] {
          for column in values.indices { mixed[row, position, head, column] = values[column] }
        }
      }
      return mixed
    }
  }
}
