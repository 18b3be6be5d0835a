public import Transformers

/// Sequences of four numbers that go on by a rule, and how a model reads them.
///
/// A sequence is written `START a b c d`. Three numbers are given, and the model is asked for the
/// fourth. Number k is token k; START follows the numbers.
public struct NumberSequences: Codable, Hashable, Sendable {
  /// How many numbers there are, from 0.
  public var numbers: Int

  /// Sequences of numbers below `numbers`.
  public init(numbers: Int = 100) {
    self.numbers = numbers
    precondition(isPossible, "sequences of numbers below \(numbers): at least 16, to be doubled")
  }

  /// Whether every rule has sequences.
  package var isPossible: Bool { (16...100_000).contains(numbers) }

  /// How many numbers a sequence holds, the one that is asked for among them.
  public static let length = 4
  /// What a sequence begins with.
  public var startToken: Int { numbers }
  /// The numbers and the mark.
  public var vocabularySize: Int { numbers + 1 }

  /// The tokens of a sequence.
  public func tokens(of sequence: [Int]) -> [Int] { [startToken] + sequence }
}

/// A model that was trained to go on with sequences: one layer, one head, no MLP.
public struct SequenceModel: Sendable {
  /// What it goes on with.
  public let sequences: NumberSequences
  /// What says how.
  public var model: Transformer

  /// A model for some sequences.
  public init(sequences: NumberSequences, model: Transformer) {
    self.sequences = sequences
    self.model = model
  }

  package static func configuration(
    for sequences: NumberSequences, width: Int = 64, headWidth: Int = 16
  ) -> TransformerConfiguration {
    .oneHead(
      vocabularySize: sequences.vocabularySize, positions: NumberSequences.length + 1,
      startToken: sequences.startToken, width: width, headWidth: headWidth)
  }
}

extension SequenceModel: Codable {
  /// Writes the sequences, the configuration and every weight by its name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: ModelKey.self)
    try container.encode(sequences, forKey: .sequences)
    try container.encode(model)
  }

  /// Reads what ``encode(to:)`` wrote.
  ///
  /// - Throws: `DecodingError` for another shape, or where a weight is missing.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: ModelKey.self)
    let sequences = try container.decode(NumberSequences.self, forKey: .sequences)
    guard sequences.isPossible else {
      throw container.corrupted(.sequences, "sequences of numbers below \(sequences.numbers)")
    }
    self.sequences = sequences
    model = try container.decodeModel {
      SequenceModel.configuration(for: sequences, width: $0, headWidth: $1)
    }
  }
}

/// How often a model goes on rightly with sequences it has met and with others.
public struct CarryOver: Codable, Sendable, Equatable {
  /// The share that is right of the sequences that stand in the training.
  public var met: Double
  /// The share of those that do not, while their last three numbers stand next to each other, in this
  /// order, somewhere in one that does.
  public var moved: Double
  /// The share of the others.
  public var new: Double
  /// Of these others, the share at which the model writes what a table would: the number that stands
  /// right behind the last given one most often in the training.
  public var asTable: Double

  /// A measurement.
  public init(met: Double, moved: Double, new: Double, asTable: Double) {
    self.met = met
    self.moved = moved
    self.new = new
    self.asTable = asTable
  }
}
