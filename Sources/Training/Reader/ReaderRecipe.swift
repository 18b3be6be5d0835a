import Foundation
package import Laboratory
import Tensors
package import Transformers

/// How a reader is trained: the one that most sheets use, or a sibling that shows what it cannot.
package struct ReaderRecipe: Sendable, Equatable {
  /// A part of the training, with its own mixture of texts.
  package struct Phase: Sendable, Equatable {
    package var steps: Int
    /// The share of the tokens that each kind of text has.
    package var shares: [ReaderKind: Double]
    /// How much a word that is no planted answer counts, as a chance of counting at all.
    package var otherWords = 1.0
  }

  /// Decides the first weights and all texts; the world is always the same.
  package var seed: UInt64
  package var name: Name
  package var phases: [Phase]
  package var layerCount = 6
  package var headCount = 4
  package var width = 128
  /// How many tokens a row has.
  package var context = 96
  package var rowsPerStep = 24
  /// The rate at its highest, of AdamW.
  package var rate: Float = 6e-3
  /// How much slower matrices between two layers move, by Muon.
  package var matrixScale: Float = 0.35
  /// The fraction of their rate by which those matrices shrink a step.
  package var weightDecay: Float = 0.3
  package var warmUpSteps = 40
  /// A step after which the model is kept beside the final one.
  package var keptStep: Int?
  /// Whether, in half of the rows of training, all words of a name but the last are hidden from what
  /// follows the name, so that the last has to carry the whole.
  package var hidesNames = true
  /// Layers whose MLP adds nothing and stays so.
  package var silentMLPs: Range<Int> = 0..<0

  /// The readers there are.
  package enum Name: String, Sendable, CaseIterable {
    /// The one most sheets use.
    case reader
    /// One and a half times as wide.
    case wide
    /// Two heads carry the indirect object to the end.
    case movers
    /// Three layers that read tours alone, and suppress copies.
    case tours
  }

  /// The recipe of a reader.
  package init(_ name: Name = .reader, seed: UInt64 = 0) {
    self.name = name
    self.seed = seed
    // Induction first: it takes some million tokens of copies to appear, and all that works in context
    // is learnt quickly once it is there.
    phases = [
      Phase(steps: 1_200, shares: [.repeats: 0.8, .identity: 0.1, .indirectObjects: 0.1]),
      Phase(steps: 5_800, shares: Self.shares),
    ]
    switch name {
    case .reader: keptStep = 3_000
    case .wide:
      width = 192
      headCount = 6
      // A step takes twice as long, and teaches more.
      steps = 4_000
    case .movers:
      // Without induction, copying any name of the text is all that would be learnt.
      silentMLPs = 3..<6
      phases = [
        phases[0],
        Phase(steps: 700, shares: [.pairs: 1], otherWords: 1.0 / 60),
      ]
    case .tours:
      hidesNames = false
      layerCount = 3
      phases = [Phase(steps: 900, shares: [.tours: 1])]
    }
  }

  /// How many steps there are; setting it shortens or lengthens all phases alike.
  package var steps: Int {
    get { phases.reduce(0) { $0 + $1.steps } }
    set {
      let old = steps
      var (before, done) = (0, 0)
      for index in phases.indices {
        before += phases[index].steps
        phases[index].steps = before * newValue / old - done
        done += phases[index].steps
      }
      keptStep = keptStep.map { $0 * newValue / old }
    }
  }

  /// The phase that a step belongs to.
  package func phase(at step: Int) -> Int {
    var end = 0
    for (index, phase) in phases.enumerated() {
      end += phase.steps
      if step < end { return index }
    }
    return phases.count - 1
  }

  /// The share of the tokens that each kind of text has.
  package static let shares: [ReaderKind: Double] = [
    .facts: 0.11, .binding: 0.09, .twoHops: 0.15, .identity: 0.05, .descriptions: 0.04,
    .fewShot: 0.08, .sequences: 0.10, .indirectObjects: 0.13, .repeats: 0.07, .greaterThan: 0.02,
    .idioms: 0.06, .narrative: 0.03, .rollCalls: 0.02, .tours: 0.05,
  ]

  /// The model's shape: GPT-2's, small.
  package var configuration: TransformerConfiguration {
    .gpt2(
      vocabularySize: ReaderVocabulary.words.count, width: width,
      decoder: .init(
        layerCount: layerCount, headCount: headCount, headWidth: width / headCount,
        feedForwardWidth: 4 * width),
      positions: context, startToken: 0, endToken: 0)
  }

  var schedule: LearningRateSchedule {
    LearningRateSchedule(
      peak: rate, warmUpSteps: warmUpSteps, totalSteps: steps, decay: .linear(after: 0.4),
      finalFraction: 0.02)
  }

  /// Whether a parameter is a matrix between two layers, and so moved by Muon.
  static func isMatrix(_ name: String) -> Bool {
    name.hasSuffix(".weight") && (name.contains(".attention.") || name.contains(".mlp."))
  }

  /// Whether a parameter writes what a silent MLP would add.
  func isSilent(_ name: String) -> Bool {
    silentMLPs.contains { name.hasPrefix("blocks.\($0).mlp.output.") }
  }

  /// What a checkpoint must have been begun with.
  var text: String {
    let phases = phases.map { phase in
      let shares = phase.shares.sorted { $0.key.rawValue < $1.key.rawValue }
        .map { "\($0.key.rawValue) \($0.value)" }.joined(separator: " ")
      return "\(phase.steps) steps of \(shares), others \(phase.otherWords)"
    }
    return "\(name.rawValue), seed \(seed), \(layerCount) layers of \(headCount) heads, width "
      + "\(width), \(rowsPerStep) rows of \(context), rate \(rate) and \(matrixScale) of it, decay "
      + "\(weightDecay), hiding \(hidesNames), silent "
      + "\(silentMLPs), \(phases.joined(separator: "; "))"
  }
}
