import Coursework
import SuppressionVocabulary
import Tensors
import Transformers

extension SuppressionSheet {
  /// 8.10: the query along the unembedding, and what is perpendicular to it.
  static let besideThePrediction = Exercise(
    "8.10", "Beside the prediction", points: 4, difficulty: 4, importance: 3, minutes: 35,
    hints: [
      """
      Scores are linear in the state that asks. Split the state, and the score falls into parts that add \
      up.
      """,
      """
      The state is what the layer's norm leaves, `.norm(1, .normalized)` at the position. Its part along the \
      prediction is (x · û) û, where û is the token's column of W_U divided by its length; the rest is \
      perpendicular.
      """,
      """
      Each part goes through W_Q, and its product with a key, divided by the root of the head's width, is a \
      score. Take the keys from the run, `.attention(.own, .key)`; the query bias is the third part.
      """,
      """
      `func scores(_ query: Tensor) -> Tensor { query.matmul(keys.transposed()) / root }` with `query` `[1, headWidth]`: \
      `scores(along.matmul(matrices.query))`, `scores((x − along).matmul(matrices.query))`, and \
      `scores(bias)`. Keys behind the position are masked anyway: leave them out.
      """,
    ],
    interpretation: """
      If the head only asked “where is what is predicted?”, the perpendicular part would be noise. In \
      GPT-2 small it is not: in indirect-object sentences a good deal of the score comes from beside the \
      unembedding, and part of that through the MLPs, which seem to turn “predicted” into other \
      directions that mean the same. So a QK circuit over unembeddings is a lower bound of how much the head is \
      led by predictions, and the test with the perpendicular part taken out says how low.
      """,
    cases: { generator in
      [SuppressionModel.Kind.narrow, .wide, .tours].map { kind in
        let model = kind == .tours ? .tours : SuppressionModel(kind, using: &generator)
        let head = model.head(layers: 0...1, using: &generator)
        var (text, position, candidates): ([Int], Int, [Int])
        repeat {
          text = model.text(kind == .tours ? 20 : 9, using: &generator)
          position = Int.random(in: 4...(text.count - 2), using: &generator)
          // A token of the text that is another than the one that asks.
          candidates = text[1..<position].filter { $0 != text[position] }
        } while candidates.isEmpty
        let prediction = candidates.randomElement(using: &generator)!
        let name =
          switch kind {
          case .narrow: "random tokens, two layers"
          case .wide: "random tokens, three layers"
          default: "a tour"
          }
        return Case(
          name,
          AskedKey(
            model: model, head: head, text: text, position: position, prediction: prediction))
      }
    },
    parts: [Part(SuppressionAsks.queryParts, judge: queryParts)])

  private static func queryParts(_ question: AskedKey) throws -> FieldJudge<QueryParts> {
    let model = try question.model.made()
    let head = PlainHead(HeadMatrices(of: question.head, in: model))
    let run = try PlainRun(model, question.text)
    let layer = question.head.layer
    let normed = try run.rows(.block(.blocks, layer, .norm(1, .normalized)))
    let keys = Array(try run.rows(question.head, .key)[0...question.position])
    let root = Double(head.queryBias.count).squareRoot()
    let bare = head.directions[question.prediction]
    let unit = bare.map { $0 / Plain.length(bare) }
    func scores(_ query: [Double], root divisor: Double? = nil) -> [Double] {
      keys.map { Plain.dot(query, $0) / (divisor ?? root) }
    }
    func split(_ state: [Double], _ unit: [Double]) -> (along: [Double], beside: [Double]) {
      let reach = Plain.dot(state, unit)
      let along = unit.map { $0 * reach }
      return (
        Plain.times(along, head.query),
        Plain.times(Plain.sum(state, along, factor: -1), head.query)
      )
    }
    let state = normed[question.position]
    let right = split(state, unit)
    let raw = try run.rows(.residualPre(.blocks, layer))[question.position]
    let own = head.directions[question.text[question.position]]
    let embedded = head.embedding[question.prediction]
    func expected(
      _ name: String, _ right: [Double], _ mistakes: @escaping () -> [Mistake<Tensor>]
    ) -> Expected<Tensor> {
      Expected(
        right, shape: [right.count], tolerance: 1e-3, named: name, axes: ["key"],
        mistakes: mistakes)
    }
    func others(
      _ name: String, _ part: KeyPath<(along: [Double], beside: [Double]), [Double]>
    ) -> [Mistake<Tensor>] {
      func mistake(_ state: [Double], _ direction: [Double]) -> [Double] {
        scores(split(state, direction)[keyPath: part])
      }
      let unembedded = own.map { $0 / Plain.length(own) }
      let raised = embedded.map { $0 / Plain.length(embedded) }
      return [
        Mistake(
          "\(name) is not divided by the root of the head's width",
          scores(right[keyPath: part], root: 1)),
        Mistake(
          "\(name) is split by a column of W_U that has not the length 1", mistake(state, bare)),
        Mistake(
          "\(name) is of a stream without the layer's norm, or not divided by its scale",
          mistake(raw, unit)),
        Mistake(
          "\(name) is of a stream without the layer's norm, or not divided by its scale",
          mistake(Plain.centred(raw), unit)),
        Mistake(
          "\(name) is of the position behind; the query is asked at the position",
          mistake(normed[question.position + 1], unit)),
        Mistake(
          "\(name) is split by the token that asks; it is split by the prediction",
          mistake(state, unembedded)),
        Mistake(
          "\(name) is split by the token's embedding; a prediction is a column of W_U",
          mistake(state, raised)),
      ]
    }
    return FieldJudge([
      .init(
        \.along,
        expected("`along`", scores(right.along)) {
          [Mistake("along and beside have changed places", scores(right.beside))]
            + others("`along`", \.along)
        }),
      .init(
        \.beside,
        expected("`beside`", scores(right.beside)) {
          [
            Mistake(
              "the bias is in `beside`: it asks the same whatever the state says",
              scores(Plain.sum(right.beside, head.queryBias))),
            Mistake(
              "`beside` is the whole state's score; what lies along the unembedding has to be off",
              scores(Plain.sum(right.beside, right.along))),
          ] + others("`beside`", \.beside)
        }),
      .init(
        \.bias,
        expected("`bias`", scores(head.queryBias)) {
          [
            Mistake(
              "`bias` is not divided by the root of the head's width",
              scores(head.queryBias, root: 1)),
            Mistake(
              "`bias` is left at 0, but the parts have to add up to the score", keys.map { _ in 0 }),
          ]
        }),
    ])
  }
}
