import Laboratory
package import SortingVocabulary
import Tensors
import Transformers

/// How a sequence goes on.
package enum SequenceRule: String, CaseIterable, Sendable {
  case byOne, byTwo, doubled

  package func sequence(from first: Int) -> [Int] {
    (0..<NumberSequences.length).map { place in
      switch self {
      case .byOne: first + place
      case .byTwo: first + 2 * place
      case .doubled: first << place
      }
    }
  }
}

extension NumberSequences {
  /// All sequences of a rule whose numbers there are.
  ///
  /// 0 doubled stays 0, and is left out.
  package func all(_ rule: SequenceRule) -> [[Int]] {
    ((rule == .doubled ? 1 : 0)..<numbers).map(rule.sequence).filter { $0.last! < numbers }
  }
}

/// A model trained to go on with three in ten sequences left out, and what it has learned from.
package struct TrainedSequences: Sendable {
  /// What of a sequence a loss counts.
  package enum Objective: String, CaseIterable, Sendable {
    /// The fourth number alone.
    case fourth
    /// Every number, from those before it.
    case every
  }

  package let model: SequenceModel
  package let training: [[Int]]
  package let leftOut: [[Int]]

  /// Both objectives with the sheet's seed, each trained once in a process.
  package static func kept(_ objective: Objective) throws -> TrainedSequences {
    switch objective {
    case .fourth: try fourth.get()
    case .every: try every.get()
    }
  }

  private static let fourth = Result { try TrainedSequences(.fourth, seed: 0) }
  private static let every = Result { try TrainedSequences(.every, seed: 0) }

  /// - Parameter seed: decides the sequences that are left out, the first weights and the batches.
  package init(_ objective: Objective, seed: UInt64, steps: Int = 1_000) throws {
    let sequences = NumberSequences()
    var generator = SeededGenerator(seed: seed)
    var (training, leftOut): ([[Int]], [[Int]]) = ([], [])
    for sequence in SequenceRule.allCases.flatMap(sequences.all) {
      if generator.below(10) < 3 { leftOut.append(sequence) } else { training.append(sequence) }
    }
    var model = Transformer(
      configuration: SequenceModel.configuration(for: sequences), using: &generator)
    var optimizer = AdamW(betas: (0.9, 0.98))
    let schedule = LearningRateSchedule(peak: 1e-2, warmUpSteps: 40, totalSteps: steps)
    let rows = objective == .fourth ? 3..<4 : 0..<NumberSequences.length
    for step in 0..<steps {
      let batch = (0..<32).map { _ in generator.pick(training) }
      let input = ModelInput(tokens: batch.map { sequences.tokens(of: $0) })
      let (_, gradients) = try model.gradients { model in
        try model.run(input, logitsAt: rows).logits
          .crossEntropy(targets: batch.flatMap { $0[rows] })
      }
      optimizer.update(&model, gradients: gradients, rate: schedule.rate(at: step))
    }
    self.model = SequenceModel(sequences: sequences, model: model)
    self.training = training
    self.leftOut = leftOut
  }
}

extension SequenceModel {
  /// The likeliest fourth number of each sequence; START may be among them.
  package func predictions(of sequences: [[Int]]) throws -> [Int] {
    guard !sequences.isEmpty else { return [] }
    let input = ModelInput(tokens: sequences.map { self.sequences.tokens(of: $0) })
    return try model.run(input, logitsAt: 3..<4).logits.argmax()
  }
}
