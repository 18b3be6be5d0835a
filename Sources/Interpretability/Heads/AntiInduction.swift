public import Interpretability
import Interventions
import Tensors
public import Transformers

/// A head's part against what induction predicts, and against what it predicts in texts.
///
/// In a sequence of random tokens that is said twice, induction predicts the second half; an
/// anti-induction head lowers what comes. Whether those are the heads that suppress copies in texts is
/// seen over all heads of many models.
public struct HeadOpposition: Sendable, Codable, Equatable {
  /// The head.
  public let head: HeadAddress
  /// The mean direct effect on the true next token in the second half of repeated random sequences,
  /// its sign turned.
  public let antiInduction: Float
  /// The mean effect on the likeliest token of the earlier text, its sign turned; see
  /// ``CopySuppressionStep``.
  public let copySuppression: Float

  /// Both scores of a head.
  public init(head: HeadAddress, antiInduction: Float, copySuppression: Float) {
    self.head = head
    self.antiInduction = antiInduction
    self.copySuppression = copySuppression
  }
}

extension [HeadOpposition] {
  /// The correlation of both scores over heads, of one model or of many; nil where one does not vary.
  public var correlation: Double? {
    pearson(map { Double($0.antiInduction) }, map { Double($0.copySuppression) })
  }
}

/// Random tokens said twice: what induction is measured on.
public struct RepeatedTokens: Sendable {
  /// The texts.
  public let input: ModelInput
  /// Where the second half is predicted, with the tokens that follow.
  public let places: [TokenPlace]

  /// Repeated random tokens.
  ///
  /// - Parameters:
  ///   - tokens: What is drawn from; within a half none is drawn twice while they last.
  ///   - start: What stands before the sequence, if anything.
  public init(
    of tokens: [Int], start: Int?, length: Int = 24, count: Int = 32, seed: UInt64 = 0
  ) {
    precondition(!tokens.isEmpty && length > 1 && count > 0, "repeated tokens are of something")
    var generator = SeededGenerator(seed: seed)
    let rows = (0..<count).map { _ -> [Int] in
      var half = Array(tokens.shuffled(using: &generator).prefix(length))
      while half.count < length { half.append(tokens.randomElement(using: &generator)!) }
      return (start.map { [$0] } ?? []) + half + half
    }
    let first = (start == nil ? 0 : 1) + length
    input = ModelInput(tokens: rows)
    // The first token of the second half follows from nothing.
    places = rows.indices.flatMap { row in
      (first..<(first + length - 1)).map {
        TokenPlace(row: row, position: $0, token: rows[row][$0 + 1])
      }
    }
  }
}

extension HeadCircuits {
  /// Both scores of every head.
  ///
  /// - Throws: ``HeadError``, and what running the model throws.
  public func opposition(
    on texts: ModelInput, repeated: RepeatedTokens
  ) throws -> [HeadOpposition] {
    let effects = try directEffects(on: repeated.input, at: repeated.places).means
    let steps = try copySuppressionSteps(of: heads, on: texts)
    return zip(heads, effects).map {
      HeadOpposition(
        head: $0, antiInduction: -$1, copySuppression: steps[$0]?.suppression ?? 0)
    }
  }
}
