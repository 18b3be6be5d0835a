// Sheet 5, Lenses: one way to answer every exercise.

import Answering
import Foundation
import LensesVocabulary
import Tensors
import Transformers

/// The solution of Sheet 5.
struct Answers: LensAnswers {
  // MARK: 5.1  The logit lens

  /// The logits of the logit lens at every layer and position, `[layer, position, token]`.
  ///
  /// Layer 0 is the residual stream before the first block, layer n the one after block n.
  ///
  /// - Parameters:
  ///   - tokens: A text.
  ///   - model: A decoder. `residualPoints` of its configuration lists the layers.
  func logitLens(of tokens: [Int], in model: Transformer) throws -> Tensor {
    let points = model.configuration.residualPoints
    let run = try model.run(ModelInput(tokens), capturing: .points(Set(points)))
    return .stack(
      try points.map { point in
        // The norm takes the statistics of this layer's own rows.
        model.logits(ofNormed: model.finalNorm(try run.trace[point][at: 0]))
      })
  }

  // MARK: 5.2  The norm trap

  /// The logits of the logit lens from states that somebody has kept, `[layer, position, token]`.
  ///
  /// - Parameters:
  ///   - states: `values` `[layer, position, width]`; `lastIsNormed` says whether the last layer has gone
  ///     through the final norm already.
  ///   - model: The decoder they come from.
  func logits(of states: ResidualStates, in model: Transformer) throws -> Tensor {
    let last = states.layerCount - 1
    return .stack(
      (0...last).map { layer in
        let own = states.values[at: layer]
        let isDone = layer == last && states.lastIsNormed
        return model.logits(ofNormed: isDone ? own : model.finalNorm(own))
      })
  }

  // MARK: 5.3  Prec@1

  /// Prec@1 at every layer: the mean over positions and its standard deviation, that of the positions
  /// themselves (the root of the mean squared distance).
  ///
  /// A lens whose greatest logit is shared by several tokens has chosen none, and does not agree.
  ///
  /// - Parameters:
  ///   - logits: Of a lens, `[layer, position, token]`; the last layer is the model's own, and its
  ///     greatest logit is never shared.
  ///   - next: The token that stands in the text after each position.
  func precision(of logits: Tensor, next: [Int]) throws -> [Spread] {
    let (layers, positions) = (logits.shape[0], logits.shape[1])
    let final = logits[at: layers - 1].argmax()
    return (0..<layers).map { layer in
      let rows = logits[at: layer]
      let choice = rows.argmax()
      return spread(
        of: (0..<positions).map { position in
          let row = rows[at: position].values
          let isAlone = row.count { $0 == row[choice[position]] } == 1
          return isAlone && choice[position] == final[position] ? 1 : 0
        })
    }
  }

  /// The mean of values and the root of their mean squared distance from it.
  private func spread(of values: [Double]) -> Spread {
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let centre = mean(values)
    return Spread(mean: centre, deviation: mean(values.map { pow($0 - centre, 2) }).squareRoot())
  }

  // MARK: 5.4  Whose surprise?

  /// The surprisal in nats at every layer: the mean over positions and its standard deviation, as in 5.3.
  ///
  /// - Parameter logits: Of a lens, `[layer, position, token]`; the last layer is the model's own.
  func surprisal(of logits: Tensor) throws -> [Spread] {
    let clean = logits[at: logits.shape[0] - 1].logSoftmax()
    return (0..<logits.shape[0]).map { layer in
      // The lens chooses, the model is surprised.
      let choice = logits[at: layer].argmax()
      return spread(of: choice.indices.map { -Double(clean[$0, choice[$0]]) })
    }
  }

  // MARK: 5.5  A fair sample

  /// Prompts to learn from and prompts to measure on, each the beginning of a text that ends at a
  /// position drawn at random.
  ///
  /// - Parameters:
  ///   - texts: Token ids, the start token first. Some texts come several times, and many begin alike.
  ///   - count: How many prompts each of the two parts has.
  ///   - seed: Where chance comes from: `SeededGenerator(seed: seed)`.
  func prompts(from texts: [[Int]], count: Int, seed: UInt64) throws -> PromptSplit {
    var generator = SeededGenerator(seed: seed)
    var known: Set<[Int]> = []
    // A copy of a text is the same text.
    let different = texts.filter { known.insert($0).inserted }.shuffled(using: &generator)
    let half = different.count / 2
    var taken: Set<[Int]> = []
    func part(_ texts: ArraySlice<[Int]>) -> [[Int]] {
      // The start token and one word at least.
      let all = texts.flatMap { text in (2...text.count).map { Array(text.prefix($0)) } }
      var prompts: [[Int]] = []
      for prompt in all.shuffled(using: &generator)
      where prompts.count < count && taken.insert(prompt).inserted {
        prompts.append(prompt)
      }
      return prompts
    }
    return PromptSplit(training: part(different[..<half]), evaluation: part(different[half...]))
  }

  // MARK: 5.6  Left padding

  /// The residual stream at the last token of every prompt, `[layer, prompt, width]`, from one batch.
  ///
  /// - Parameters:
  ///   - prompts: Token ids, of different lengths.
  ///   - padding: The token to fill a batch with; it is a word like others.
  ///   - model: A decoder.
  func lastStates(of prompts: [[Int]], padding: Int, in model: Transformer) throws -> Tensor {
    let length = prompts.map(\.count).max() ?? 0
    let missing = prompts.map { length - $0.count }
    let input = ModelInput(
      tokens: zip(missing, prompts).map { Array(repeating: padding, count: $0) + $1 },
      mask: missing.map { gap in (0..<length).map { $0 >= gap } })
    let points = model.configuration.residualPoints
    let run = try model.run(input, capturing: .points(Set(points)))
    return .stack(
      try points.map { point in
        // All prompts end in the last column.
        try run.trace[point].slice(axis: 1, (length - 1)..<length)
          .reshaped(to: [prompts.count, model.configuration.width])
      })
  }

  // MARK: 5.7  Train a tuned lens

  /// One layer's translator of a tuned lens: A and b of what is added to its states h, h + A h + b.
  ///
  /// - Parameters:
  ///   - states: The layer's states at several hundred positions, `[position, width]`.
  ///   - final: The last layer's states at the same positions, before the final norm.
  ///   - model: Whose states they are.
  ///   - seed: Where your random numbers come from, if you need any.
  /// - Returns: A map with A `[width, width]` as `weight` and b `[width]` as `bias`.
  func translator(
    from states: Tensor, to final: Tensor, of model: Transformer, seed: UInt64
  ) throws -> AffineMap {
    let (count, width, batch, steps) = (states.shape[0], states.shape[1], 128, 100)
    let clean = model.logits(ofNormed: model.finalNorm(final)).softmax()
    var generator = SeededGenerator(seed: seed)
    var added = AffineMap(weight: .zeros([width, width]), bias: .zeros([width]))
    var optimiser = AdamW()
    for step in 0..<steps {
      let rows = (0..<batch).map { _ in Int.random(in: 0..<count, using: &generator) }
      let (own, goal) = (states.gathering(rows), clean.gathering(rows))
      let (_, gradients) = added.gradients { added in
        let logits = model.logits(ofNormed: model.finalNorm(own + added(own)))
        // Cross-entropy with soft targets: KL but for a constant.
        return -(goal * logits.logSoftmax()).sum() / Float(batch)
      }
      let rate = 0.005 * (1 - Float(step) / Float(steps))
      optimiser.update(&added, gradients: gradients, rate: rate)
    }
    return added
  }

  // MARK: 5.8  The logit lens is a Patchscope

  /// The logits of a target run in which one state was overwritten, `[position, token]`.
  ///
  /// - Parameters:
  ///   - source: The text S in `tokens`, the `position` i and the `layer` l.
  ///   - map: What to do with the state, `[1, width]` to `[1, width]`; nil takes it as it is.
  ///   - target: The text T, the position i* and the layer l*.
  ///   - model: The model of both runs.
  func patched(
    source: PatchPlace, map: AffineMap?, target: PatchPlace, in model: Transformer
  ) throws -> Tensor {
    let points = model.configuration.residualPoints
    let reading = try model.run(
      ModelInput(source.tokens), capturing: [points[source.layer]])
    let rows = try reading.trace[points[source.layer]][at: 0]
    let found = rows.slice(source.position..<(source.position + 1))
    let state = map?(found) ?? found
    let overwriting = Intervention(at: points[target.layer]) { residual in
      var changed = residual
      for column in 0..<model.configuration.width {
        changed[0, target.position, column] = state[0, column]
      }
      return changed
    }
    return try model.run(ModelInput(target.tokens), intervening: [overwriting]).logits[at: 0]
  }

  // MARK: 5.9  Token identity

  /// The logits at the end of an identity prompt with the state of every layer patched into the same
  /// layer, `[layer, token]`.
  ///
  /// - Parameters:
  ///   - source: The text and the position; its `layer` is not used.
  ///   - prompt: An identity prompt; the state goes to its last token.
  ///   - model: The model of both runs.
  func tokenIdentity(
    of source: PatchPlace, prompt: [Int], in model: Transformer
  ) throws -> Tensor {
    let end = prompt.count - 1
    return .stack(
      try model.configuration.residualPoints.indices.map { layer in
        let from = PatchPlace(tokens: source.tokens, position: source.position, layer: layer)
        let to = PatchPlace(tokens: prompt, position: end, layer: layer)
        return try patched(source: from, map: nil, target: to, in: model)[at: end]
      })
  }

  // MARK: 5.10  Every lens is a Patchscope

  /// A lens as a Patchscope: what f, T, i* and l* are, and of which token of S the logits at i* then
  /// speak.
  ///
  /// - Parameters:
  ///   - lens: Which lens, with what was learned for this layer.
  ///   - source: The text S, the position i and the layer l of the state that is read.
  ///   - model: The model of both runs.
  func recipe(
    for lens: NamedLens, of source: PatchPlace, in model: Transformer
  ) throws -> PatchRecipe {
    // Read at once: nothing of the run is left but the final norm and the unembedding.
    let end = PatchPlace(
      tokens: source.tokens, position: source.position,
      layer: model.configuration.residualPoints.count - 1)
    let next = source.position + 1
    switch lens {
    case .logit:
      return PatchRecipe(map: nil, target: end, predicts: next)
    case .affine(let map):
      return PatchRecipe(map: map, target: end, predicts: next)
    case .tuned(var map):
      // h + A h + b in one map.
      for column in 0..<map.weight.shape[0] { map.weight[column, column] += 1 }
      return PatchRecipe(map: map, target: end, predicts: next)
    case .tokenIdentity(let prompt):
      let asking = PatchPlace(tokens: prompt, position: prompt.count - 1, layer: source.layer)
      return PatchRecipe(map: nil, target: asking, predicts: next)
    case .future(let map, let distance):
      return PatchRecipe(map: map, target: end, predicts: next + distance)
    }
  }

  // MARK: 5.11  In words: the answer at layer 2

  /// What the lens shows, what it does not, and what you would run next; about 150 words.
  func whatALensShows() throws -> String {
    """
    At this position of this text, the model's own norm and unembedding read “Paris” off the residual \
    stream from layer 2 on. That is all. The commas at layers 0 and 1 are no sign that nothing is known \
    there: the unembedding fits the last layer, and early ones may keep the same thing in other \
    directions, which a tuned lens might read. And that block 2 looks the capital up is a claim about \
    cause. It may have moved there what an earlier block had found at another position. Agreement from \
    layer 2 on does not make later blocks idle either: the top token can stay while its probability, and \
    all others, change.
    I would first hold the last layer against the model's own logits, to see that the norm is right, and \
    look at surprisal and KL over many random positions instead of one example. Then a tuned lens for \
    layers 0 and 1. Then interventions: ablate block 2, and patch the state after it into another text, to \
    see whether later blocks use it.
    """
  }
}
