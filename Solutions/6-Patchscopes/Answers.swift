// Sheet 6, Patchscopes: one way to answer every exercise.

import Answering
import Foundation
import PatchscopesVocabulary
import Tensors
import Transformers

/// The solution of Sheet 6.
struct Answers: PatchscopesAnswers {
  /// Puts rows `[count, width]`, or one `[width]`, in the place of what stands at these positions.
  private func overwriting(
    _ point: HookPoint, at positions: [Int], with rows: Tensor
  ) -> Intervention {
    let width = rows.shape[rows.rank - 1]
    let rows = rows.reshaped(to: [rows.count / width, width])
    return Intervention(at: point) { activation in
      var changed = activation
      for (row, position) in positions.enumerated() {
        for column in 0..<width { changed[0, position, column] = rows[row, column] }
      }
      return changed
    }
  }

  // MARK: 6.1  Patch one activation

  /// The normalised effect of patching one state, `[layer, position]`: 0 where nothing changes, 1 where
  /// the whole difference between the two runs is made up (restoring) or lost (corrupting).
  ///
  /// - Parameters:
  ///   - contrast: Two texts, an answer and a foil; what is read is the difference of their logits at
  ///     the last position.
  ///   - direction: Which run is patched.
  ///   - model: A decoder. `residualPoints` of its configuration lists the layers.
  func effects(
    of contrast: Contrast, _ direction: PatchDirection, in model: Transformer
  ) throws -> Tensor {
    func difference(_ tokens: [Int], _ interventions: [Intervention] = []) throws -> Float {
      let last = try model.run(ModelInput(tokens), intervening: interventions)
        .logits[at: 0][at: tokens.count - 1]
      return last[contrast.answer] - last[contrast.foil]
    }
    let (clean, corrupted) = (contrast.clean, contrast.corrupted)
    let (from, into) = direction == .restoring ? (clean, corrupted) : (corrupted, clean)
    let points = model.configuration.residualPoints
    let states = try model.run(ModelInput(from), capturing: .points(Set(points))).trace
    // What the patched run starts from, and where it would end if everything were patched.
    let (start, end) = (try difference(into), try difference(from))
    var effects = Tensor.zeros([points.count, into.count])
    for (layer, point) in points.enumerated() {
      for position in into.indices {
        let patch = overwriting(
          point, at: [position], with: try states[point][at: 0][at: position])
        effects[layer, position] = (try difference(into, [patch]) - start) / (end - start)
      }
    }
    return effects
  }

  // MARK: 6.2  Causal tracing

  /// The answer's probability at the last position of a run with changes.
  private func probability(
    of answer: Int, after tokens: [Int], in model: Transformer, _ changes: [Intervention] = []
  ) throws -> Float {
    try model.run(ModelInput(tokens), intervening: changes)
      .logits[at: 0][at: tokens.count - 1].softmax()[answer]
  }

  /// Adds noise `[position, width]` to the token embeddings of some positions.
  private func spoiling(_ positions: Range<Int>, by noise: Tensor) -> Intervention {
    Intervention(at: .embedding) { embeddings in
      var changed = embeddings
      for (row, position) in positions.enumerated() {
        for column in 0..<noise.shape[1] { changed[0, position, column] += noise[row, column] }
      }
      return changed
    }
  }

  /// Causal tracing: how much probability the answer gains by one clean state in a run whose subject
  /// is spoilt, `[layer, position]`, the mean over samples of noise.
  ///
  /// The noise has three deviations of all entries of the embeddings.
  ///
  /// - Parameters:
  ///   - fact: A text, its subject and the answer, which is read at the last position.
  ///   - draws: Of a normal distribution of deviation 1, `[sample, subject token, width]`.
  ///   - embedding: The model's token embeddings, `[token, width]`. `HookPoint.embedding` is where the
  ///     model has looked them up.
  ///   - model: A decoder.
  func causalTrace(
    of fact: SubjectFact, draws: Tensor, embedding: Tensor, in model: Transformer
  ) throws -> Tensor {
    let distance = embedding - embedding.mean()
    let noise = draws * (3 * (distance * distance).mean().squareRoot().values[0])
    let points = model.configuration.residualPoints
    let clean = try model.run(ModelInput(fact.tokens), capturing: .points(Set(points))).trace
    var gains = Tensor.zeros([points.count, fact.tokens.count])
    for sample in 0..<noise.shape[0] {
      let spoilt = spoiling(fact.subject, by: noise[at: sample])
      let low = try probability(of: fact.answer, after: fact.tokens, in: model, [spoilt])
      for (layer, point) in points.enumerated() {
        for position in fact.tokens.indices {
          let restored = overwriting(
            point, at: [position], with: try clean[point][at: 0][at: position])
          let found = try probability(
            of: fact.answer, after: fact.tokens, in: model, [spoilt, restored])
          gains[layer, position] += (found - low) / Float(noise.shape[0])
        }
      }
    }
    return gains
  }

  // MARK: 6.3  Windows

  /// The gain when what attention or the MLP adds at one position is put back in a window of blocks,
  /// `[block, position]`.
  ///
  /// The window of W blocks around block l goes from l − ⌊W/2⌋ on; blocks that the model has not are
  /// left out.
  ///
  /// - Parameters:
  ///   - fact: A text, its subject and the answer, which is read at the last position.
  ///   - noise: What is added to the subject's embeddings, `[sample, subject token, width]`.
  ///   - part: What is put back.
  ///   - window: W.
  ///   - model: A decoder.
  func windowTrace(
    of fact: SubjectFact, noise: Tensor, part: BlockPart, window: Int, in model: Transformer
  ) throws -> Tensor {
    let blocks = model.configuration.residualPoints.count - 1
    let points = (0..<blocks).map { block in
      HookPoint.block(.blocks, block, part == .attention ? .attentionOut(.own) : .mlpOut)
    }
    let clean = try model.run(ModelInput(fact.tokens), capturing: .points(Set(points))).trace
    var gains = Tensor.zeros([blocks, fact.tokens.count])
    for sample in 0..<noise.shape[0] {
      let spoilt = spoiling(fact.subject, by: noise[at: sample])
      let low = try probability(of: fact.answer, after: fact.tokens, in: model, [spoilt])
      for block in 0..<blocks {
        let first = block - window / 2
        for position in fact.tokens.indices {
          let restored = try points[max(first, 0)..<min(first + window, blocks)].map {
            overwriting($0, at: [position], with: try clean[$0][at: 0][at: position])
          }
          let found = try probability(
            of: fact.answer, after: fact.tokens, in: model, [spoilt] + restored)
          gains[block, position] += (found - low) / Float(noise.shape[0])
        }
      }
    }
    return gains
  }

  // MARK: 6.4  Attention knockout

  /// Forbids a query to attend to some keys in some blocks.
  private func cutting(_ query: Int, from keys: [Int], in blocks: Range<Int>) -> [Intervention] {
    blocks.map { block in
      Intervention(at: .block(.blocks, block, .attention(.own, .scores))) { scores in
        var changed = scores
        for head in 0..<scores.shape[1] {
          for key in keys { changed[0, head, query, key] = -.infinity }
        }
        return changed
      }
    }
  }

  /// What the answer's probability loses when one query may not attend to some keys in blocks l to
  /// l + W − 1, in all heads, `[block]`.
  ///
  /// - Parameters:
  ///   - tokens: A text.
  ///   - answer: The token whose probability is read at the last position.
  ///   - query: The position that may not attend.
  ///   - keys: The positions that it may not attend to.
  ///   - window: W; a window that reaches beyond the last block ends with it.
  ///   - model: A decoder.
  func knockout(
    of tokens: [Int], answer: Int, from query: Int, to keys: [Int], window: Int,
    in model: Transformer
  ) throws -> Tensor {
    let blocks = model.configuration.residualPoints.count - 1
    let clean = try probability(of: answer, after: tokens, in: model)
    return Tensor(
      try (0..<blocks).map { first in
        let cut = cutting(query, from: keys, in: first..<min(first + window, blocks))
        return clean - (try probability(of: answer, after: tokens, in: model, cut))
      })
  }

  // MARK: 6.5  The general Patchscope

  /// The interventions that changes of a run stand for.
  private func interventions(_ changes: [ScopeChange]) -> [Intervention] {
    changes.flatMap { change in
      switch change {
      case .noise(let noise, let positions): [spoiling(positions, by: noise)]
      case .cut(let query, let keys, let blocks): cutting(query, from: keys, in: blocks)
      }
    }
  }

  /// The logits of a Patchscope's target run, `[position, token]`.
  ///
  /// - Parameters:
  ///   - scope: The two runs, each with what is done to it besides, and the map, which takes
  ///     `[1, source width]` to `[1, target width]`.
  ///   - model: The model of the source.
  ///   - target: The model of the target.
  func logits(of scope: Scope, from model: Transformer, into target: Transformer) throws -> Tensor {
    let (source, goal) = (scope.source.place, scope.target.place)
    let from = model.configuration.residualPoints[source.layer]
    let found = try model.run(
      ModelInput(source.tokens), capturing: [from],
      intervening: interventions(scope.source.changes)
    ).trace[from][at: 0].slice(source.position..<(source.position + 1))
    let patch = overwriting(
      target.configuration.residualPoints[goal.layer], at: [goal.position],
      with: scope.map?(found) ?? found)
    // What is done to the run comes first: a patch overwrites it where they meet.
    return try target.run(
      ModelInput(goal.tokens), intervening: interventions(scope.target.changes) + [patch]
    ).logits[at: 0]
  }

  /// Causal tracing of one state with one sample of noise, as a Patchscope.
  ///
  /// - Parameters:
  ///   - fact: A text, its subject and the answer.
  ///   - noise: What is added to the subject's embeddings, `[subject token, width]`.
  ///   - position: Of the state that is put back.
  ///   - layer: Its layer.
  func tracingScope(
    of fact: SubjectFact, noise: Tensor, position: Int, layer: Int
  ) throws -> Scope {
    let place = ScopePlace(tokens: fact.tokens, position: position, layer: layer)
    return Scope(
      source: ScopeRun(place),
      target: ScopeRun(place, changes: [.noise(noise, at: fact.subject)]))
  }

  /// Attention knockout from the last position, as a Patchscope whose target run has no changes.
  ///
  /// - Parameters:
  ///   - tokens: A text.
  ///   - keys: What the last position may not attend to.
  ///   - blocks: In which blocks.
  func knockoutScope(of tokens: [Int], keys: [Int], blocks: Range<Int>) throws -> Scope {
    let last = tokens.count - 1
    // Behind the last cut block the last state holds all that the cuts have done: no later position
    // could carry it elsewhere.
    let place = ScopePlace(tokens: tokens, position: last, layer: blocks.upperBound)
    return Scope(
      source: ScopeRun(place, changes: [.cut(query: last, keys: keys, blocks: blocks)]),
      target: ScopeRun(place))
  }

  // MARK: 6.6  Linear relations

  /// A relation as an affine map from the subject's state to the last state: the mean over prompts of
  /// the Jacobian J = ∂o/∂s, and of o − J s.
  ///
  /// s is the state of the subject's last token, o what leaves the last block at the last position,
  /// before the final norm.
  ///
  /// - Parameters:
  ///   - prompts: Texts of the relation.
  ///   - layer: Of the subject's state.
  ///   - model: A decoder.
  /// - Returns: A map with J, `[width, width]`, as `weight` and `[width]` as `bias`.
  func relation(
    of prompts: [RelationPrompt], layer: Int, in model: Transformer
  ) throws -> AffineMap {
    let points = model.configuration.residualPoints
    let (width, last) = (model.configuration.width, points[points.count - 1])
    var jacobian = Tensor.zeros([width, width])
    var bias = Tensor.zeros([width])
    for prompt in prompts {
      let states = try model.run(ModelInput(prompt.tokens), capturing: [points[layer]])
        .trace[points[layer]]
      let subject = states[at: 0][at: prompt.subject].requiringGradient()
      let parts = [
        states.slice(axis: 1, 0..<prompt.subject), subject.reshaped(to: [1, 1, width]),
        states.slice(axis: 1, (prompt.subject + 1)..<prompt.tokens.count),
      ]
      let object = try model.run(
        ModelInput(prompt.tokens), capturing: [last],
        intervening: [.replace(points[layer], with: .concatenation(parts, axis: 1))]
      ).trace[last][at: 0][at: prompt.tokens.count - 1]
      let own = Tensor.stack(
        (0..<width).map { row in
          gradient(of: object.slice(row..<(row + 1)).sum(), withRespectTo: [subject])[0]
        })
      jacobian += own
      bias +=
        object.detached()
        - own.matmul(subject.detached().reshaped(to: [width, 1]))
        .reshaped(to: [width])
    }
    let count = Float(prompts.count)
    return AffineMap(weight: jacobian / count, bias: bias / count)
  }

  /// The logits of the objects that a relation gives to subjects, o = β J s + b, `[subject, token]`.
  ///
  /// - Parameters:
  ///   - relation: J and b.
  ///   - states: Of subjects, `[subject, width]`.
  ///   - beta: β.
  ///   - model: A decoder, whose last state o is.
  func objects(
    by relation: AffineMap, of states: Tensor, beta: Float, in model: Transformer
  ) throws -> Tensor {
    let map = AffineMap(weight: relation.weight * beta, bias: relation.bias)
    return model.logits(ofNormed: model.finalNorm(map(states)))
  }

  // MARK: 6.7  Probe against feature extraction

  /// Which of some choices a prompt makes of each state that is put into it, a token each.
  ///
  /// - Parameters:
  ///   - sources: Where the states are taken.
  ///   - prompt: Where they are put; the answer is read at its last token.
  ///   - choices: The tokens to choose from: a probe has no others either.
  ///   - model: A decoder.
  func extracted(
    from sources: [ScopePlace], by prompt: ScopePlace, choices: [Int], in model: Transformer
  ) throws -> [Int] {
    try sources.map { source in
      let scope = Scope(source: ScopeRun(source), target: ScopeRun(prompt))
      let last = try logits(of: scope, from: model, into: model)[at: prompt.tokens.count - 1]
      return choices.max { last[$0] < last[$1] }!
    }
  }

  /// How much more often the first method is right than the second, as a difference of shares, with a
  /// bootstrap interval of 95 % over items.
  ///
  /// - Parameters:
  ///   - first: Whether the first method is right, an item each.
  ///   - second: The same of the second method, on the same items.
  ///   - seed: Where random numbers come from: `SeededGenerator(seed: seed)`.
  func advantage(of first: [Bool], over second: [Bool], seed: UInt64) throws -> Estimate {
    // A pair each: an item that is easy for both stays one item.
    let gaps = zip(first, second).map { ($0 ? 1.0 : 0) - ($1 ? 1.0 : 0) }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    var generator = SeededGenerator(seed: seed)
    let means = (0..<2_000).map { _ in
      mean(gaps.map { _ in gaps[Int.random(in: gaps.indices, using: &generator)] })
    }.sorted()
    return Estimate(value: mean(gaps), lower: means[50], upper: means[1_949])
  }

  // MARK: 6.8  Describe the entity

  /// What the model writes behind a prompt of descriptions when an entity's state of each layer stands
  /// at the placeholder, in the same layer: a text for every layer.
  ///
  /// - Parameters:
  ///   - entity: Its tokens; the state is that of the last.
  ///   - filler: A text to stand before the entity, from its first token on, and as much of it as makes
  ///     the entity end at the placeholder's position.
  ///   - prompt: Descriptions of others; the placeholder is not its last token.
  ///   - placeholder: The position that is overwritten.
  ///   - count: How many tokens to write, each the likeliest; an end token ends a description
  ///     and is its last.
  ///   - model: A decoder with learned positions.
  func descriptions(
    of entity: [Int], after filler: [Int], prompt: [Int], placeholder: Int, count: Int,
    in model: Transformer
  ) throws -> [[Int]] {
    let source = filler.prefix(placeholder + 1 - entity.count) + entity
    let points = model.configuration.residualPoints
    let states = try model.run(ModelInput(Array(source)), capturing: .points(Set(points))).trace
    return try points.map { point in
      let patch = overwriting(
        point, at: [placeholder], with: try states[point][at: 0][at: placeholder])
      // Without a cache every step reads the whole text, and finds the patch in its place.
      return try model.generate(
        from: prompt, maximumNewTokens: count, usingCache: false, intervening: [patch])
    }
  }

  // MARK: 6.9  From one model into another

  /// Least-squares maps from every layer of one model to a layer of another that has read the same
  /// texts: from layer l of L to the layer nearest to l/L of the other's depth, halves upwards.
  ///
  /// - Parameters:
  ///   - source: The one model's states.
  ///   - target: The other's, position by position.
  /// - Returns: A map for every layer of the source, the last one included, with a constant.
  func stitches(from source: ResidualStates, to target: ResidualStates) throws -> [AffineMap] {
    (0..<source.layerCount).map { layer in
      let own = source.values[at: layer]
      let other = target.values[
        at: partner(of: layer, in: source.layerCount, of: target.layerCount)]
      let matrix = (own - own.mean(axis: 0)).leastSquares(to: other)
      return AffineMap(
        weight: matrix.transposed(), bias: (other - own.matmul(matrix)).mean(axis: 0))
    }
  }

  /// The layer at the same share of depth.
  private func partner(of layer: Int, in count: Int, of other: Int) -> Int {
    Int((Double(layer * (other - 1)) / Double(count - 1)).rounded())
  }

  /// The logits at the end of an identity prompt that another model reads, with the stitched state of
  /// every layer at its end, `[layer, token]`.
  ///
  /// - Parameters:
  ///   - source: The text and the position; its `layer` is not used.
  ///   - model: The model that reads it.
  ///   - stitches: A map for every layer of it, to the layer of the other that 6.9's maps lead to.
  ///   - prompt: An identity prompt; the state goes to its last token.
  ///   - target: The model that reads the prompt.
  func explained(
    _ source: ScopePlace, in model: Transformer, through stitches: [AffineMap], by prompt: [Int],
    in target: Transformer
  ) throws -> Tensor {
    let end = prompt.count - 1
    let count = target.configuration.residualPoints.count
    return .stack(
      try stitches.indices.map { layer in
        let from = ScopePlace(tokens: source.tokens, position: source.position, layer: layer)
        let goal = ScopePlace(
          tokens: prompt, position: end, layer: partner(of: layer, in: stitches.count, of: count))
        let scope = Scope(source: ScopeRun(from), map: stitches[layer], target: ScopeRun(goal))
        return try logits(of: scope, from: model, into: target)[at: end]
      })
  }

  // MARK: 6.10  Two hops

  /// What a model says to a question of two steps, asked in three ways: both steps in one text; with
  /// the first step's state in the place of the placeholder; with the first step's answer there, as a
  /// token.
  ///
  /// - Parameters:
  ///   - question: Its texts; an answer is the likeliest token at a text's last position.
  ///   - layer: Of the first step's state, at the last position of its text.
  ///   - targetLayer: Where it is put, made as long as the state that it replaces.
  ///   - model: A decoder.
  func answers(
    to question: TwoHops, layer: Int, targetLayer: Int, in model: Transformer
  ) throws -> HopAnswers {
    func answer(_ tokens: [Int], _ changes: [Intervention] = []) throws -> Int {
      try model.run(ModelInput(tokens), intervening: changes)
        .logits[at: 0][at: tokens.count - 1].argmax()[0]
    }
    func state(_ tokens: [Int], at position: Int, _ layer: Int) throws -> Tensor {
      let point = model.configuration.residualPoints[layer]
      return try model.run(ModelInput(tokens), capturing: [point]).trace[point][at: 0][at: position]
    }
    func length(_ state: Tensor) -> Float { (state * state).sum().squareRoot().values[0] }
    let resolved = try state(question.first, at: question.first.count - 1, layer)
    let old = try state(question.second, at: question.placeholder, targetLayer)
    let patch = overwriting(
      model.configuration.residualPoints[targetLayer], at: [question.placeholder],
      with: resolved * (length(old) / length(resolved)))
    var spelled = question.second
    spelled[question.placeholder] = try answer(question.first)
    return HopAnswers(
      vanilla: try answer(question.joint), patched: try answer(question.second, [patch]),
      stepped: try answer(spelled))
  }

  /// How often each way is right, and what the patch mends and breaks.
  ///
  /// Mended: of the questions that are wrong in one text, the share that the patch gets right. Broken: of
  /// those that are right, the share that it gets wrong. A share of no questions is 0.
  ///
  /// - Parameters:
  ///   - answers: A question each.
  ///   - truths: The right tokens.
  func tally(of answers: [HopAnswers], truths: [Int]) throws -> HopTally {
    let pairs = Array(zip(answers, truths))
    func share(
      of some: [(HopAnswers, Int)], _ isMeant: (HopAnswers, Int) -> Bool
    ) -> Double {
      some.isEmpty ? 0 : Double(some.count { isMeant($0.0, $0.1) }) / Double(some.count)
    }
    return HopTally(
      vanilla: share(of: pairs) { $0.vanilla == $1 },
      patched: share(of: pairs) { $0.patched == $1 },
      stepped: share(of: pairs) { $0.stepped == $1 },
      mended: share(of: pairs.filter { $0.0.vanilla != $0.1 }) { $0.patched == $1 },
      broken: share(of: pairs.filter { $0.0.vanilla == $0.1 }) { $0.patched != $1 })
  }

  // MARK: 6.11  Soft prompts

  /// A soft prompt after which a state at its end says the token after the next.
  ///
  /// On new states the cross-entropy of what is said at the state's position must fall well below that
  /// of the best answer which knows nothing of the state.
  ///
  /// - Parameters:
  ///   - states: `[row, width]`. One stands behind the prompt's vectors at a time: in a text of
  ///     `length` + 1 tokens, of any, the vectors take the place of what `HookPoint.embedding` holds at
  ///     the first `length` positions, and the state that of what the last one holds at `layer`.
  ///   - layer: Where the states come from, and where they are put.
  ///   - targets: What each is to say, a token a row.
  ///   - length: How many vectors the prompt has.
  ///   - model: A decoder with learned positions.
  ///   - seed: Where your random numbers come from, if you need any.
  func softPrompt(
    for states: Tensor, layer: Int, targets: [Int], length: Int, in model: Transformer, seed: UInt64
  ) throws -> SoftPrompt {
    let (count, width) = (states.shape[0], states.shape[1])
    var generator = SeededGenerator(seed: seed)
    var prompt = SoftPrompt(
      rows: .randomNormal([length, width], standardDeviation: 0.5, using: &generator))
    let input = ModelInput(
      tokens: Array(repeating: Array(repeating: 0, count: length + 1), count: count))
    let state = Intervention(at: model.configuration.residualPoints[layer]) { residual in
      .concatenation(
        [residual.slice(axis: 1, 0..<length), states.reshaped(to: [count, 1, width])], axis: 1)
    }
    var optimiser = AdamW()
    for _ in 0..<40 {
      let (_, gradients) = try prompt.gradients { prompt in
        let vectors = Intervention(at: .embedding) { embeddings in
          // Adding to zeros repeats the vectors for every row.
          .concatenation(
            [
              Tensor.zeros([count, length, width]) + prompt.rows,
              embeddings.slice(axis: 1, length..<(length + 1)),
            ], axis: 1)
        }
        return try model.run(
          input, intervening: [vectors, state], logitsAt: length..<(length + 1)
        ).logits.reshaped(to: [count, model.configuration.vocabularySize])
          .crossEntropy(targets: targets)
      }
      optimiser.update(&prompt, gradients: gradients, rate: 0.1)
    }
    return prompt
  }

  // MARK: 6.12  In words: what a patch can invent

  /// Why restoring is not corrupting, and what a Patchscope can invent; about 200 words.
  func whatPatchesShow() throws -> String {
    """
    The two directions ask different things. Restoring puts one clean state into a spoilt run: what \
    suffices to bring the answer back? Corrupting puts one spoilt state into a clean run: what is \
    needed? Where the fact is held twice, either copy suffices and neither is needed, so that restoring \
    shows both and corrupting none. Where two states have to come together, as a first name and a \
    surname, each is needed and neither suffices. Small effects in one direction are therefore no \
    evidence that a place has no part in it, and I would report both, with the noise and the samples.
    A Patchscope shows what the target model can make of a state under this prompt. The answer may come \
    from the target and not from the state: a prompt about capitals answers with some capital for any \
    state, a larger target model or a trained map knows countries itself, and later blocks can look up \
    what the source's layer only named. So “Paris” out of the state of “France” at layer 1 does not say \
    that layer 1 has computed the capital. I would run the prompt with the states of other subjects and \
    with shuffled labels, with no patch, and with the map fitted on random pairs; and I would ask by an \
    intervention in the source run whether the model itself uses what was read.
    """
  }
}
