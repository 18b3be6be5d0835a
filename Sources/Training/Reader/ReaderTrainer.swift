import Checkpoints
package import Foundation
import Laboratory
import Tensors
package import Transformers

/// Trains a reader from scratch, step by step; it can be stopped and resumed at any step.
package struct ReaderTrainer: ResumableTrainer {
  package let recipe: ReaderRecipe
  private var state: TrainingState
  private let mixtures: [ReaderMixture]
  /// Development texts by kind, for the losses by kind.
  private let probes: [(kind: ReaderKind, rows: ReaderRows)]

  /// Steps between two measures of the losses by kind.
  static let probeInterval = 100

  /// A trainer at its first step.
  package init(recipe: ReaderRecipe) {
    self.recipe = recipe
    mixtures = recipe.phases.map { ReaderMixture($0.shares) }
    var generator = SeededGenerator(seed: recipe.seed)
    var model = Transformer(configuration: recipe.configuration, using: &generator)
    model.visitParameters { name, parameter in
      if recipe.isSilent(name) { parameter = .zeros(parameter.shape) }
    }
    state = TrainingState(
      model: model, adam: AdamW(betas: (0.9, 0.98)),
      muon: Muon(weightDecay: recipe.weightDecay))
    let kinds = Set(mixtures.flatMap(\.kinds))
    probes = ReaderKind.allCases.filter(kinds.contains).map { kind in
      var writer = ReaderWriter(split: .development, seed: 0)
      return (
        kind, ReaderRows(count: 4, length: recipe.context) { writer.text(kind) }
      )
    }
  }

  package var model: Transformer { state.model }
  package var subject: String {
    (recipe.name == .reader ? "the reader" : "the reader \(recipe.name.rawValue)")
      + ", seed \(recipe.seed)"
  }
  package var totalSteps: Int { recipe.steps }
  package var losses: [Float] { state.losses }
  package var keptStep: Int? { recipe.keptStep }

  /// The loss on development texts of each kind.
  package var lossCurves: [LossCurve] {
    let steps = state.partLosses.indices.map { ($0 + 1) * Self.probeInterval }
    return probes.enumerated().map { index, probe in
      LossCurve(
        name: probe.kind.rawValue, steps: steps, losses: state.partLosses.map { $0[index] })
    }
  }

  package mutating func advance() {
    let (rows, hidden) = rows(at: step)
    let phase = recipe.phases[recipe.phase(at: step)]
    var chance = SeededGenerator(seed: recipe.seed &+ UInt64(step))
    let counts = rows.tokens.indices.map { row in
      rows.tokens[row].indices.map {
        rows.isAnswer[row][$0] || phase.otherWords >= 1
          || Double(chance.below(1_000_000)) < phase.otherWords * 1e6
      }
    }
    // Two shards whatever the number of cores, so that a seed gives the same model on any of them.
    let shards = [0, 1].map { half in
      let indices = rows.tokens.indices.filter { $0 % 2 == half }
      return Shard(
        input: rows.input(rows: indices),
        targets: rows.targets(rows: indices) { counts[$0][$1] },
        hiding: recipe.hidesNames ? rows.hidingNames(rows: indices) { hidden.contains($0) } : nil)
    }
    let total = shards.reduce(0) { $0 + $1.count }
    let result = lossAndGradients(
      of: model, shards: shards.map { ($0, Float($0.count) / Float(max(total, 1))) }
    ) { model, shard in shard.loss(of: model) }
    let names = model.parameters.map(\.name)
    let silenced = zip(names, result.gradients).map {
      recipe.isSilent($0) ? Tensor.zeros($1.shape) : $1
    }
    let (gradients, _) = clipping(silenced, toNorm: 1)
    let rate = recipe.schedule.rate(at: step)
    state.adam.update(&state.model, gradients: gradients, rate: rate) {
      ReaderRecipe.isMatrix($0) ? nil : 1
    }
    state.muon.update(
      &state.model, gradients: gradients, rate: rate * recipe.matrixScale,
      where: ReaderRecipe.isMatrix)
    state.losses.append(result.loss)
    if step % Self.probeInterval == 0 { state.partLosses.append(probes.map { loss(on: $0.rows) }) }
  }

  /// The rows of a step, and those of them in which names are hidden.
  ///
  /// They follow from the seed and the step alone, so resuming repeats nothing.
  package func rows(at step: Int) -> (rows: ReaderRows, hidden: Set<Int>) {
    let seed = recipe.seed &* 0x1_0000_0001 &+ UInt64(step) &+ 1
    var writer = ReaderWriter(split: .training, seed: seed)
    var generator = SeededGenerator(seed: seed)
    let mixture = mixtures[recipe.phase(at: step)]
    let rows = ReaderRows(count: recipe.rowsPerStep, length: recipe.context) {
      writer.text(mixture.next(using: &generator))
    }
    // Of every four rows two, one in each shard.
    return (rows, Set(rows.tokens.indices.filter { $0 % 4 < 2 }))
  }

  private func loss(on rows: ReaderRows) -> Float {
    let all = Array(rows.tokens.indices)
    return Shard(
      input: rows.input(rows: all), targets: rows.targets(rows: all) { _, _ in true },
      hiding: nil
    ).loss(of: model).scalar
  }

  /// Adds a mask to the attention scores of every layer.
  static func adding(_ mask: Tensor, to model: Transformer) -> [Intervention] {
    model.stacks[0].blocks.indices.map { layer in
      Intervention(at: .block(.blocks, layer, .attention(.own, .scores))) { $0 + mask }
    }
  }

  /// What one thread computes a loss of.
  private struct Shard: Sendable {
    var input: ModelInput
    var targets: [Int?]
    var hiding: Tensor?

    var count: Int { targets.count { $0 != nil } }

    func loss(of model: Transformer) -> Tensor {
      let interventions = hiding.map { ReaderTrainer.adding($0, to: model) } ?? []
      // A batch the trainer made itself always fits its model.
      return try! model.run(input, intervening: interventions).logits
        .crossEntropy(targets: targets)
    }
  }
}

extension ReaderTrainer {
  package func save(to url: URL) throws { try state.save(to: url, recipe: recipe.text) }

  package mutating func resume(from url: URL) throws {
    try state.resume(from: url, recipe: recipe.text)
  }

  package func write(to directory: URL) throws {
    try model.writeGPT2(to: directory)
    try writeTokenizer(ReaderVocabulary.tokenizerJSON(), to: directory)
  }
}
