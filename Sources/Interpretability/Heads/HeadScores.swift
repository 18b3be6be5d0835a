import Foundation
public import Interpretability
import Interventions
import Tensors
public import Transformers

/// A number that says of a head what it may be for.
public enum HeadScore: String, Sendable, Codable, CaseIterable {
  /// The share of tokens whose own entry is among the ten greatest of what the head writes for them.
  case outputCopy = "ov-copy"
  /// The share of predicted tokens for which they themselves are among the ten keys that the head would
  /// look at most.
  case queryCopy = "qk-copy"
  /// The share of elements of sequences whose successor is among the five tokens the head writes for
  /// most.
  case next
  /// Attention to the token after an earlier copy of the query's own.
  case induction
  /// Attention to the token before.
  case previousToken = "previous-token"
  /// Attention to earlier copies of the query's own token.
  case duplicateToken = "duplicate-token"
  /// The cosine of the first position's state with what the query bias asks for.
  case startQuery = "start-query"
  /// The share of tokens whose own entry is among the ten most negative of what the head writes.
  case negative

  /// What attention is held against, for scores of attention over texts.
  public var attentionPattern: HeadKind? {
    switch self {
    case .induction: .induction
    case .previousToken: .previousToken
    case .duplicateToken: .duplicateToken
    case .outputCopy, .queryCopy, .next, .startQuery, .negative: nil
    }
  }

  /// Whether the score is taken over texts.
  public var needsTexts: Bool { attentionPattern != nil || self == .startQuery }
}

/// A token and the one that comes after it in a sequence, such as two months.
public struct Succession: Sendable, Codable, Hashable {
  /// The token.
  public let token: Int
  /// What comes after it.
  public let next: Int

  /// Two tokens in order.
  public init(token: Int, next: Int) {
    self.token = token
    self.next = next
  }
}

extension HeadCircuits {
  /// Scores of every head of a model; a score that is not defined for a head is left out.
  ///
  /// - Parameters:
  ///   - embedded: What stands for tokens in the circuits.
  ///   - successions: For ``HeadScore/next``.
  ///   - texts: For scores of attention and of the start.
  ///   - progress: Called after each head's circuits.
  /// - Throws: ``HeadError`` where no head has a score that is asked for.
  public func scores(
    _ scores: [HeadScore], in embedded: EmbeddedTokens, successions: [Succession] = [],
    texts: ModelInput? = nil, progress: (Int) -> Bool = { _ in true }
  ) throws -> [HeadAddress: [HeadScore: Double]] {
    var found: [HeadAddress: [HeadScore: Double]] = [:]
    let texts = try scores.first(where: \.needsTexts).map { score in
      guard let texts else { throw HeadError.noTexts("the score \(score.rawValue)") }
      return texts
    }
    if scores.contains(.next), successions.isEmpty { throw HeadError.noTexts("the score next") }
    for (index, head) in heads.enumerated() {
      if scores.contains(.outputCopy) || scores.contains(.negative) {
        let ranks = outputDiagonal(head, of: embedded, until: 10)
        if scores.contains(.outputCopy) {
          found[head, default: [:]][.outputCopy] = ranks.shareAmongGreatest()
        }
        if scores.contains(.negative) {
          found[head, default: [:]][.negative] = ranks.shareAmongLeast()
        }
      }
      if scores.contains(.queryCopy) {
        found[head, default: [:]][.queryCopy] =
          try queryDiagonal(head, of: embedded, until: 10).shareAmongGreatest()
      }
      if scores.contains(.next) {
        found[head, default: [:]][.next] = try nextScore(of: head, successions, in: embedded)
      }
      if scores.contains(.startQuery), let texts,
        let test = try queryAtStart(of: head, on: texts)
      {
        found[head, default: [:]][.startQuery] = Double(test.cosines[0])
      }
      if !progress(index + 1) { throw CancellationError() }
    }
    let patterns = scores.filter { $0.attentionPattern != nil }
    if let texts, !patterns.isEmpty {
      for (head, values) in try attentionScores(patterns.map { $0.attentionPattern! }, on: texts) {
        for (score, value) in zip(patterns, values) { found[head, default: [:]][score] = value }
      }
    }
    return found
  }

  /// The share of elements whose successor is among the five tokens that a head writes for most.
  public func nextScore(
    of head: HeadAddress, _ successions: [Succession], in embedded: EmbeddedTokens,
    among count: Int = 5
  ) throws -> Double {
    let rows = try successions.map { try embedded.row(of: $0.token) }
    let all = outputRows(head, of: embedded)
    return CircuitRows(
      left: all.left.gathering(rows), right: all.right, own: successions.map(\.next)
    ).ranks(until: count).shareAmongGreatest(count)
  }

  /// The mean over texts of how much of every head's attention lies on patterns.
  private func attentionScores(
    _ kinds: [HeadKind], on texts: ModelInput
  ) throws -> [HeadAddress: [Double]] {
    var sums: [HeadAddress: [Double]] = [:]
    for batch in texts.batches(of: 16) {
      let points = (0..<shape.layerCount).map { HookPoint.pattern(stackName, $0) }
      let run = try RecordedRun(model, batch, capturing: Set(points))
      for row in batch.tokens.indices {
        let there = batch.tokens[row].indices.filter { batch.mask?[row][$0] ?? true }
        guard let first = there.first, let last = there.last else { continue }
        let tokens = Array(batch.tokens[row][first...last])
        let detections = kinds.map { $0.detectionPattern(for: tokens) }
        for (layer, point) in points.enumerated() {
          let pattern = try run.trace[point][at: row]
            .slice(axis: 1, first..<(last + 1)).slice(axis: 2, first..<(last + 1))
          for (index, detection) in detections.enumerated() {
            let values = headScores(pattern, against: detection, by: .multiplied)
            for (head, value) in values.enumerated() {
              let address = HeadAddress(stackName, layer: layer, head: head)
              sums[address, default: Array(repeating: 0, count: kinds.count)][index] +=
                Double(value)
            }
          }
        }
      }
    }
    return sums.mapValues { $0.map { $0 / Double(texts.tokens.count) } }
  }
}
