import Coursework
import Foundation
import Tensors
import Transformers

extension AttentionSheet {
  /// 1.2: scores, bias, mask and softmax of one head, held against the model's own pattern.
  static let writeAttention = Exercise<any AttentionAnswers>(
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
      `let scores = head.queries.matmul(head.keys.transposed()) * head.scale`, then the bias, then \
      `-Float.infinity` at `scores[i, j]` for every forbidden pair, then `scores.softmax()`.
      """,
    ],
    interpretation: """
      You have written the one line on which everything in this course stands. That your pattern \
      equals the model's own to the last digits means that nothing is hidden: a head is its \
      queries, its keys, a bias and a mask, and you have all four.
      """,
    cases: { generator in
      let translator = try AttentionSheet.translator()
      let pair = translator.pairs(count: 1, using: &generator)[0]
      let run = try translator.run(pair, capturing: .everything)
      let configuration = translator.model.configuration
      var cases: [Case<AttentionHead, Tensor>] = []
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
        cases.append(Case(name, question: head, key: try part(.pattern, layer)[at: 0][at: index]))
      }
      try add("a head of the encoder", .encoder, 1, .own)
      try add("a head of the decoder, which must not look ahead", .decoder, 1, .own)
      try add("a head of cross-attention", .decoder, 0, .cross)
      let scaled = AttentionHead(
        queries: .randomNormal([5, 8], using: &generator),
        keys: .randomNormal([7, 8], using: &generator), scale: 1 / Float(8).squareRoot(),
        bias: nil, isCausal: false, keyMask: [true, true, true, true, true, false, false])
      cases.append(
        Case("a scaled head over padding", question: scaled, key: reference(scaled)))
      let large = AttentionHead(
        queries: .randomNormal([4, 8], standardDeviation: 12, using: &generator),
        keys: .randomNormal([4, 8], standardDeviation: 12, using: &generator), scale: 1,
        bias: .randomNormal([4, 4], using: &generator), isCausal: true, keyMask: nil)
      cases.append(Case("scores in the hundreds", question: large, key: reference(large)))
      return cases
    },
    ask: { answers, head in try answers.attention(of: head) },
    verify: { key, answer in
      if let problem = Verdict.problem(
        with: answer, shape: key.shape, named: "the pattern", axes: ["query", "key"])
      {
        return problem
      }
      let (queries, keys) = (key.shape[0], key.shape[1])
      for query in 0..<queries {
        let sum = (0..<keys).reduce(Float(0)) { $0 + answer[query, $1] }
        if abs(sum - 1) > 1e-3 {
          let columns = (0..<keys).map { column in
            (0..<queries).reduce(Float(0)) { $0 + answer[$1, column] }
          }
          if columns.allSatisfy({ abs($0 - 1) < 1e-3 }) {
            return .failed(
              "the columns sum to 1 and the rows do not: take the softmax over keys, the last axis")
          }
          return .failed(
            """
            the rows do not sum to 1: a forbidden key gets the score −∞ before the softmax, not a \
            0 after it, and nothing is divided out afterwards
            """)
        }
        for index in 0..<keys where key[query, index] == 0 && answer[query, index] > 1e-6 {
          return .failed(
            """
            a query attends to a key it may not see: mask positions after its own (when \
            `isCausal`) and padding (where `keyMask` is false)
            """)
        }
        for index in 0..<keys where answer[query, index] == 0 && key[query, index] > 1e-3 {
          return .failed(
            """
            a key that may be seen gets no attention at all: a query sees its own position too, \
            and only padding and later positions are masked
            """)
        }
      }
      return .compare(
        answer, to: key, tolerance: 1e-4, named: "the pattern", axes: ["query", "key"])
    })

  /// The formula once more, in loops of Double: where the model has no such head to compare with.
  private static func reference(_ head: AttentionHead) -> Tensor {
    let (queries, keys) = (head.queries.shape[0], head.keys.shape[0])
    var pattern = Tensor.zeros([queries, keys])
    for i in 0..<queries {
      let scores = (0..<keys).map { j -> Double in
        if head.isCausal && j > i || head.keyMask?[j] == false { return -.infinity }
        let dot = (0..<head.queries.shape[1]).reduce(0.0) {
          $0 + Double(head.queries[i, $1]) * Double(head.keys[j, $1])
        }
        return dot * Double(head.scale) + Double(head.bias?[i, j] ?? 0)
      }
      let greatest = scores.max()!
      let total = scores.reduce(0) { $0 + exp($1 - greatest) }
      for j in 0..<keys { pattern[i, j] = Float(exp(scores[j] - greatest) / total) }
    }
    return pattern
  }
}
