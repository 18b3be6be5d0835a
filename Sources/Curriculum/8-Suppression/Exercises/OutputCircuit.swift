import Coursework
import SheetTools
import SuppressionVocabulary
import Tensors

extension SuppressionSheet {
  /// 8.1: what is written when a token is read, and where the token itself stands in it.
  static let outputCircuit = Exercise(
    "8.1", "What a head writes", points: 4, difficulty: 2, importance: 5, minutes: 20,
    hints: [
      """
      Follow a token that is read: its row of the embedding goes through W_V and W_O, and W_U says what \
      that does to every logit. All tokens at once are a product of matrices.
      """,
      """
      In the product `[token read, token written]` the token's own entry stands on the diagonal. How many \
      entries of the *same row* are less?
      """,
      """
      `head.embedding.matmul(head.value).matmul(head.output).matmul(head.unembedding)`, then row by row: \
      `let row = circuit[at: t].values; row.count { $0 < row[t] }`.
      """,
    ],
    interpretation: """
      A head that writes against what it reads has its diagonal at the very bottom of its rows: in head \
      10.7 of GPT-2 small among the ten most negative for 84.70 % of 50,257 tokens. No text was needed to \
      see it. That says what the head would do *if* it looked; whether it looks is another matrix's \
      matter.
      """,
    cases: { generator in
      func matrix(_ rows: Int, _ columns: Int) -> Tensor {
        .randomNormal(
          [rows, columns], standardDeviation: 1 / Float(rows).squareRoot(), using: &generator)
      }
      func drawn(_ tokens: Int, _ width: Int, _ inner: Int, sign: Float?) -> HeadMatrices {
        let embedding = matrix(tokens, width) * Float(tokens).squareRoot()
        let value = matrix(width, inner)
        let noise = matrix(width, tokens)
        return HeadMatrices(
          embedding: embedding, query: matrix(width, inner), queryBias: .zeros([inner]),
          key: matrix(width, inner), value: value,
          output: sign.map { value.transposed() * $0 } ?? matrix(inner, width),
          unembedding: sign == nil ? noise : embedding.transposed() + noise * 2)
      }
      /// A head of whose tokens no two thirds have the same rank, so that no constant is nearly right.
      func head(_ tokens: Int, _ width: Int, _ inner: Int, sign: Float?) -> HeadMatrices {
        while true {
          let head = drawn(tokens, width, inner, sign: sign)
          let ranks = RankJudge.Ranking(rows: PlainHead(head).written()).ranks()
          let counts = Dictionary(ranks.map { ($0, 1) }, uniquingKeysWith: +).values
          if counts.allSatisfy({ 3 * $0 < 2 * tokens }) { return head }
        }
      }
      return [
        Case("any head", head(19, 9, 4, sign: nil)),
        Case("a head that writes against what it reads", head(26, 12, 5, sign: -1)),
        Case("a head that copies", head(26, 12, 5, sign: 1)),
        Case(
          "a head of the reader of tours",
          try tourHead(SuppressionModel.tours.head(using: &generator))),
      ]
    },
    parts: [Part(SuppressionAsks.suppressionRanks, judge: suppressionRanks)])

  private static func suppressionRanks(_ key: HeadMatrices) -> RankJudge {
    let head = PlainHead(key)
    let circuit = head.written()
    return RankJudge(right: .init(rows: circuit), name: "the ranks") {
      func ranks(_ rows: [[Double]], greater: Bool = false) -> [Int] {
        RankJudge.Ranking(rows: rows, countsGreater: greater).ranks()
      }
      return [
        (
          "these ranks begin with 1: no entry is less than the most negative, so that its rank is 0",
          ranks(circuit).map { $0 + 1 }
        ),
        (
          "these are places from the greatest entry down: what is written against stands at the other end",
          ranks(circuit, greater: true)
        ),
        (
          "the diagonal is held against its column, against other tokens that are read; hold it against "
            + "what else is written when the same token is read",
          ranks(Plain.transposed(circuit))
        ),
        (
          "the sizes of entries were compared: 0 is less than −3 by size, and not more negative",
          ranks(circuit.map { $0.map { abs($0) } })
        ),
        (
          "these are the tokens that are written against most; how many are written against more than "
            + "the token itself is asked",
          circuit.map { row in row.indices.min { row[$0] < row[$1] }! }
        ),
        (
          "the tokens were held against one another on the diagonal; hold each against its own row",
          circuit.indices.map { own in
            circuit.indices.count { circuit[$0][$0] < circuit[own][own] }
          }
        ),
        (
          "the embedding reads out what was written: logits come from the unembedding",
          ranks(head.written(out: head.embedding))
        ),
        (
          "what is read went through W_K: that is what a head is found by, W_V is what it moves",
          ranks(head.written(through: head.key))
        ),
        (
          "this is the way past the head, from embedding to unembedding",
          ranks(head.embedding.map { row in head.directions.map { Plain.dot(row, $0) } })
        ),
      ]
    }
  }
}
