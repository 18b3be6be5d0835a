import AttentionVocabulary
import Coursework
import Foundation
import SheetTools
import Tensors
import Transformers

extension AttentionSheet {
  /// 1.2: scores, bias, mask and softmax of one head, held against the model's own pattern.
  static let writeAttention = Exercise(
    "1.2", "Write attention", points: 5, difficulty: 3, importance: 5, minutes: 25,
    hints: [
      "Attention is a softmax of scores. What is a score, between one query and one key?",
      """
      The score of query i and key j is the dot product of their rows, times `scale`, plus \
      `bias[i, j]` where there is a bias. T5 has the scale 1: do not divide by √d on your own.
      """,
      """
      A pair that the mask forbids gets the score −∞ before the softmax, never a 0 after it: then \
      the rows still sum to 1. Query i may see key j when j ≤ i, its own position included.
      """,
      """
      `var scores = head.queries.matmul(head.keys.transposed()) * head.scale`, then the bias, then \
      `-Float.infinity` at `scores[i, j]` for every forbidden pair, then `scores.softmax()`.
      """,
    ],
    interpretation: """
      You have written the one line on which everything in this course stands. That your pattern \
      equals the model's own to the last digits means that nothing is hidden: a head is its \
      queries, its keys, a bias and a mask, and you have all four.
      """,
    cases: { generator in
      let translator = try SheetTranslator.translator()
      let pair = translator.pairs(count: 1, using: &generator)[0]
      let run = try translator.run(pair, capturing: .everything)
      let configuration = translator.model.configuration
      var cases: [Case<AttentionHead, PatternKey>] = []
      func add(_ name: String, _ stack: StackName, _ layer: Int, _ kind: AttentionKind) throws {
        let index = Int.random(in: 0..<configuration.encoder!.headCount, using: &generator)
        func part(_ point: HookPoint.AttentionPoint, _ layer: Int) throws -> Tensor {
          try run.trace[.block(stack, layer, .attention(kind, point))]
        }
        let rows = { (tensor: Tensor) in
          tensor[at: 0].slice(axis: 1, index..<(index + 1))
            .reshaped(to: [tensor.shape[1], tensor.shape[3]])
        }
        let head = AttentionHead(
          queries: rows(try part(.query, layer)), keys: rows(try part(.key, layer)), scale: 1,
          bias: kind == .own ? try part(.positionBias, 0)[at: index] : nil,
          isCausal: stack == .decoder && kind == .own, keyMask: nil)
        let pattern = try part(.pattern, layer)[at: 0][at: index]
        cases.append(Case(name, question: head, key: PatternKey(head: head, pattern: pattern)))
      }
      try add("a head of the encoder", .encoder, 1, .own)
      try add("a head of the decoder, which must not look ahead", .decoder, 1, .own)
      try add("a head of cross-attention", .decoder, 0, .cross)
      func add(_ name: String, _ head: AttentionHead) {
        cases.append(Case(name, question: head, key: PatternKey(head: head)))
      }
      add(
        "a scaled head over padding",
        AttentionHead(
          queries: .randomNormal([5, 8], using: &generator),
          keys: .randomNormal([7, 8], using: &generator), scale: 1 / Float(8).squareRoot(),
          bias: .randomNormal([5, 7], using: &generator), isCausal: false,
          keyMask: [true, true, true, true, true, false, false]))
      add(
        "scores in the hundreds",
        AttentionHead(
          queries: .randomNormal([12, 8], standardDeviation: 12, using: &generator),
          keys: .randomNormal([12, 8], standardDeviation: 12, using: &generator), scale: 1,
          bias: .randomNormal([12, 12], using: &generator), isCausal: true, keyMask: nil))
      return cases
    },
    parts: [Part(AttentionAsks.attention, judge: pattern)])

  /// What a pattern was to be computed from, and where the model has such a head, its own.
  struct PatternKey {
    var head: AttentionHead
    var pattern: Tensor?
  }

  private static func pattern(_ key: PatternKey) -> Judgement<Tensor> {
    let wanted = key.pattern ?? pattern(of: key.head)
    let expected = Expected(wanted, named: "the pattern", axes: ["query", "key"]) {
      ScoreMistake.allCases.map { Mistake($0.rawValue, pattern(of: key.head, with: $0)) }
        // A mistake that changes nothing here, such as to forget a scale of 1, explains nothing.
        .filter { !isClose($0.answer, wanted) }
    }
    return Judgement { answer in
      if let problem = Verdict.problem(
        with: answer, shape: wanted.shape, named: "the pattern", axes: ["query", "key"])
      {
        return problem
      }
      if isClose(answer.transposed(), wanted), !isClose(answer, wanted) {
        return .failed("the pattern is transposed: a row belongs to a query, a column to a key")
      }
      return try biasProblem(answer, wanted, of: key.head) ?? precisionProblem(answer, wanted)
        ?? sumProblem(answer) ?? maskProblem(answer, wanted, of: key.head)
        ?? expected.verdict(on: answer)
    }
  }

  /// Whether the bias came too late.
  private static func biasProblem(
    _ answer: Tensor, _ wanted: Tensor, of head: AttentionHead
  ) -> Verdict? {
    guard let bias = head.bias, !isClose(answer, wanted) else { return nil }
    let late = pattern(of: head, with: .withoutBias) + bias
    guard isClose(answer, late) else { return nil }
    return .failed("the bias is added after the softmax; it belongs to the scores, before it")
  }

  /// Whether numbers were rounded to half precision on the way: none has more digits than that.
  private static func precisionProblem(_ answer: Tensor, _ wanted: Tensor) -> Verdict? {
    let values = answer.values
    let isHalf = values.allSatisfy { Float(Float16($0)) == $0 }
    let isShared = values.contains { $0 > 0 && $0 < 1 }
    let rows = answer.sum(axis: 1).values
    guard isHalf, isShared, rows.allSatisfy({ abs($0 - 1) < 0.02 }),
      Verdict.compare(answer, to: wanted, named: "the pattern").status != .passed
    else { return nil }
    return .failed(
      "the numbers are rounded to half precision; compute in `Float`, for scores in the hundreds "
        + "have no digits left there")
  }

  private static func isClose(_ answer: Tensor, _ other: Tensor) -> Bool {
    Verdict.compare(answer, to: other, tolerance: 1e-3, named: "the pattern").status == .passed
  }

  private static func sumProblem(_ answer: Tensor) -> Verdict? {
    let (queries, keys) = (answer.shape[0], answer.shape[1])
    func isOne(_ sum: Float) -> Bool { abs(sum - 1) <= 1e-3 }
    let rowsAreFine = (0..<queries).allSatisfy { row in
      isOne((0..<keys).reduce(Float(0)) { $0 + answer[row, $1] })
    }
    if rowsAreFine { return nil }
    let columnsAreFine = (0..<keys).allSatisfy { column in
      isOne((0..<queries).reduce(Float(0)) { $0 + answer[$1, column] })
    }
    if columnsAreFine {
      return .failed(
        "the columns sum to 1 and the rows do not: take the softmax over keys, the last axis")
    }
    return .failed(
      """
      the rows do not sum to 1: exponentials are divided by their sum over the keys, and a \
      forbidden key gets the score −∞ before the softmax, not a 0 after it
      """)
  }

  private static func maskProblem(
    _ answer: Tensor, _ wanted: Tensor, of head: AttentionHead
  ) -> Verdict? {
    // By the mask and not by the zeros of the pattern: a sharp head has zeros of its own.
    func hides(_ query: Int, _ key: Int) -> Bool {
      head.isCausal && key > query || head.keyMask?[key] == false
    }
    let places = (0..<wanted.shape[0]).flatMap { query in
      (0..<wanted.shape[1]).map { (query, $0) }
    }
    if places.contains(where: { hides($0.0, $0.1) && answer[$0.0, $0.1] > 1e-6 }) {
      return .failed(
        """
        a query attends to a key it may not see: mask positions after its own (when `isCausal`) \
        and padding (where `keyMask` is false), with −∞
        """)
    }
    if places.contains(where: { answer[$0.0, $0.1] == 0 && wanted[$0.0, $0.1] > 1e-5 }) {
      return .failed(
        """
        a key that may be seen gets no attention at all: a query sees its own position too, and \
        only padding and later positions are masked
        """)
    }
    return nil
  }

  /// What students do to the scores instead, and what they are told.
  private enum ScoreMistake: String, CaseIterable {
    case withoutBias = "the bias is missing: it is added to the scores before the softmax"
    case divided = """
      the scores are divided by √d once more: `scale` is all they are multiplied by, and T5's is 1
      """
    case withoutScale = "the scores are not multiplied by `scale`"
    case scaledBias = "the bias is scaled too: multiply by `scale` first, then add the bias"
  }

  /// The formula once more, in loops of Double: where the model has no such head to compare with,
  /// and for what becomes of it with a mistake.
  private static func pattern(of head: AttentionHead, with mistake: ScoreMistake? = nil) -> Tensor {
    let (queries, keys) = (head.queries.shape[0], head.keys.shape[0])
    let width = head.queries.shape[1]
    let scale =
      switch mistake {
      case .divided: Double(head.scale) / Double(width).squareRoot()
      case .withoutScale: 1.0
      default: Double(head.scale)
      }
    let biasScale =
      switch mistake {
      case .withoutBias: 0.0
      case .scaledBias: Double(head.scale)
      default: 1.0
      }
    var pattern = Tensor.zeros([queries, keys])
    for i in 0..<queries {
      let scores = (0..<keys).map { j -> Double in
        if head.isCausal && j > i || head.keyMask?[j] == false { return -.infinity }
        let dot = (0..<width).reduce(0.0) {
          $0 + Double(head.queries[i, $1]) * Double(head.keys[j, $1])
        }
        return dot * scale + Double(head.bias?[i, j] ?? 0) * biasScale
      }
      let greatest = scores.max()!
      let total = scores.reduce(0) { $0 + exp($1 - greatest) }
      for j in 0..<keys { pattern[i, j] = Float(exp(scores[j] - greatest) / total) }
    }
    return pattern
  }
}
