import Coursework
import Heads
import Interpretability
import SheetTools
import SuppressionVocabulary
import Tensors
import Transformers

extension SuppressionSheet {
  /// 8.2: what a prediction looks for, and what a head really reads.
  static let queryCircuit = Exercise(
    "8.2", "What a head looks for", points: 4, difficulty: 3, importance: 5, minutes: 35,
    hints: [
      """
      A head of a later layer never reads a raw embedding: block 0 has been at it. What stands in the \
      residual stream behind block 0 when the token is alone in its text?
      """,
      """
      One batch of texts of one token each. A text of one token attends to itself alone. Its position \
      embedding has to go: `Intervention(at: .positionEmbedding) { $0 * 0 }`, and `.residualPost(.blocks, 0)` is \
      where to look.
      """,
      """
      For the circuit: the query does not come from a token that was read. “p is predicted” is a state \
      along p's column of W_U. So rows of W_Uᵀ ask, through W_Q, and rows of the embedding answer, \
      through W_K.
      """,
      """
      `head.unembedding.transposed().matmul(head.query).matmul(embedding.matmul(head.key).transposed())` \
      is `[predicted, looked at]`. Then row by row `row.count { $0 > row[p] }`. The root of the head's width \
      changes no order; the query bias would, but it asks the same whatever is predicted, and stays out.
      """,
    ],
    interpretation: """
      Head 10.7 of GPT-2 small has 95.72 % of its diagonals in the row's top ten, with the embedding \
      behind MLP 0. With raw embeddings hardly anything is there, and one would have said that the head \
      does not look for what is predicted. The mistake is in the other direction too: raw OV diagonals \
      are negative for many heads that suppress nothing. What stands for a token must be what the head \
      reads where it stands; the mean state that enters the layer over real texts is the strictest form.
      """,
    cases: { generator in
      try [SuppressionModel.Kind.narrow, .wide].map { kind in
        let model = SuppressionModel(kind, using: &generator)
        let head = model.head(using: &generator)
        let made = try model.made()
        // Any embedding will do for the second part, but the raw one.
        let embedding = Tensor.randomNormal(
          [made.configuration.vocabularySize, made.configuration.width], using: &generator)
        return Case(
          kind == .narrow
            ? "two layers, tied embeddings" : "three layers, an unembedding of its own",
          EmbeddedHead(model: model, head: head, embedding: embedding))
      }
    },
    parts: [
      Part(SuppressionAsks.effectiveEmbedding, judge: effectiveEmbedding),
      Part(SuppressionAsks.attentionRanks, judge: attentionRanks),
    ])

  private static func effectiveEmbedding(_ key: EmbeddedHead) throws -> Expected<Tensor> {
    let model = try key.model.made()
    let count = model.configuration.vocabularySize
    let last = model.configuration.decoder!.layerCount - 1
    let alone = (0..<count).map { [$0] }
    let nowhere = Intervention(at: .positionEmbedding) { $0 * 0 }
    func states(
      _ texts: [[Int]], _ point: HookPoint, _ interventions: [Intervention]
    ) throws -> Tensor {
      try model.run(
        ModelInput(tokens: texts), capturing: [point], intervening: interventions
      ).trace[point].reshaped(to: [count, model.configuration.width])
    }
    func behindStart(_ point: HookPoint, _ interventions: [Intervention]) throws -> Tensor {
      let texts = (0..<count).map { [model.configuration.startToken, $0] }
      return try model.run(
        ModelInput(tokens: texts), capturing: [point], intervening: interventions
      ).trace[point].slice(axis: 1, 1..<2)
    }
    let right = try HeadCircuits(model).embedded(.mlp0).values(layer: 0)
    return Expected(right, tolerance: 1e-3, named: "the embedding", axes: ["token", "width"]) {
      [
        Mistake(
          "this is the raw embedding, which no head behind block 0 reads",
          try states(alone, .embedding, [])),
        Mistake(
          "the first position's embedding is still in it: the token is to stand at no position",
          try states(alone, .residualPost(.blocks, 0), [])),
        Mistake(
          "the tokens stand in one text and attend to one another; each is a text of its own",
          try states([Array(0..<count)], .residualPost(.blocks, 0), [nowhere])),
        Mistake(
          "this is the stream before the MLP: what leaves the block has been through it",
          try states(alone, .block(.blocks, 0, .residualMid), [nowhere])),
        Mistake(
          "block 0's attention was left out: a token that stands alone attends to itself",
          try states(
            alone, .residualPost(.blocks, 0),
            [nowhere, Intervention(at: .block(.blocks, 0, .attentionOut(.own))) { $0 * 0 }])),
        Mistake(
          "a start token stands in front, and block 0 looks at it; the token is to be alone",
          try behindStart(.residualPost(.blocks, 0), [nowhere])),
        Mistake(
          "this is what the MLP adds; what leaves the block is the sum",
          try states(alone, .block(.blocks, 0, .mlpOut), [nowhere])),
        Mistake(
          "this is the end of the model, not of block 0",
          try states(alone, .residualPost(.blocks, last), [nowhere])),
      ]
    }
  }

  private static func attentionRanks(_ key: EmbeddedHead) throws -> RankJudge {
    let head = PlainHead(HeadMatrices(of: key.head, in: try key.model.made()))
    let embedding = key.embedding.doubleRows
    let circuit = head.wanted(of: embedding)
    return RankJudge(
      right: .init(rows: circuit, countsGreater: true), name: "the ranks"
    ) {
      func ranks(_ rows: [[Double]], greater: Bool = true) -> [Int] {
        RankJudge.Ranking(rows: rows, countsGreater: greater).ranks()
      }
      return [
        (
          "these ranks begin with 1: nothing is looked at more than the greatest, so that its rank is 0",
          ranks(circuit).map { $0 + 1 }
        ),
        (
          "the keys are raw embeddings: `embedding` is what the head reads",
          ranks(head.wanted(of: head.embedding))
        ),
        (
          "the query bias is among it: it asks for the same whatever is predicted, and the circuit is of "
            + "the prediction alone",
          ranks(head.wanted(of: embedding, asksBias: true))
        ),
        (
          "tokens ask for themselves here; what asks is a prediction, a column of W_U",
          ranks(head.wanted(by: embedding, of: embedding))
        ),
        (
          "tokens ask for themselves here; what asks is a prediction, a column of W_U",
          ranks(head.wanted(by: head.embedding, of: embedding))
        ),
        (
          "the diagonal is held against other predictions that ask for the same token; hold it against "
            + "other tokens that the same prediction could look at",
          ranks(Plain.transposed(circuit))
        ),
        (
          "these are places from the least entry up: the greatest score is looked at most",
          ranks(circuit, greater: false)
        ),
        (
          "W_Q and W_K have changed places: the prediction asks, the token is asked",
          ranks(head.wanted(of: embedding, exchanged: true))
        ),
      ]
    }
  }
}
