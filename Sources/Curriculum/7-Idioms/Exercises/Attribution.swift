import Coursework
import IdiomsVocabulary
import SheetTools
import Tensors

extension IdiomsSheet {
  /// 7.5: what each part adds to the logit of the next token.
  static let attribution = Exercise(
    "7.5", "Position i predicts i + 1", points: 4, difficulty: 3, importance: 5, minutes: 30,
    hints: [
      """
      Whose logit does position i work for? Not that of the token that stands there. So to which \
      position is a token of the span owed?
      """,
      """
      With the norm's divisor held at what it was in this run, the logit is linear in what the parts \
      add: centre a part's row over the width, divide by the position's scale, multiply by the row of \
      W_U that belongs to the token that follows.
      """,
      """
      Position i counts for the span when i + 1 is in it. The last position predicts nothing that is \
      there, and counts nowhere.
      """,
      """
      For i from 0 to n − 2: `let next = tokens[i + 1]`; for each part the value is the sum over j of \
      `(row[j] - mean) / scale * unembedding[next, j]`; it joins the first mean when `span.contains(i + \
      1)`, else the second.
      """,
    ],
    interpretation: """
      The attributions of all parts, biases and embeddings included, add up to the logit: check that, \
      always. Read at position i for token i, they measure how well the model could say again what it \
      has just read, and look better than they are. In the thesis the idiom score and attribution \
      correlate with r = 0.08 and 0.21; in the reader Spearman's coefficient is 0.11. The heads that \
      attend are not those that write the word.
      """,
    cases: { generator in
      let kinds: [(String, Int, [Int])] = [
        ("an idiom in the middle", 8, [3, 4, 5]), ("an idiom of one token", 6, [2]),
        ("an idiom at the end", 7, [5, 6]), ("an idiom that is broken up", 9, [2, 4, 5]),
      ]
      return try kinds.map { name, length, span in
        let parts = try drawn(
          using: &generator,
          { generator in
            let tokens = (0..<12).shuffled(using: &generator).prefix(length)
            return LogitParts(
              parts: .randomNormal([4, length, 8], using: &generator) + 0.5,
              scales: .randomUniform([length], in: 0.5..<3, using: &generator),
              unembedding: .randomNormal([12, 8], using: &generator) + 0.3,
              tokens: Array(tokens), span: span)
          }, until: { try attributionKey($0).isDecided() })
        return Case(name, parts)
      }
    },
    parts: [Part(IdiomsAsks.attribution) { attributionKey($0).judge }])

  private static func attributionKey(_ key: LogitParts) -> TensorKey {
    let parts = (0..<key.parts.shape[0]).map { key.parts[at: $0].doubleRows }
    let scales = key.scales.values.map(Double.init)
    let (unembedding, span, count) = (key.unembedding.doubleRows, Set(key.span), key.tokens.count)
    typealias Numbers = DoubleCorrelation
    func value(
      _ row: [Double], _ position: Int, token: Int, centres: Bool = true, ownScale: Bool = false,
      scaled: Bool = true
    ) -> Double {
      let mean = centres ? Numbers.mean(row) : 0
      let scale = ownScale ? Numbers.deviation(row) : scaled ? scales[position] : 1
      return zip(row, unembedding[token]).reduce(0) { $0 + ($1.0 - mean) / scale * $1.1 }
    }
    func means(
      _ positions: Range<Int>? = nil, isIn: (Int) -> Bool, sums: Bool = false,
      _ value: ([Double], Int) -> Double
    ) -> [Double] {
      parts.flatMap { part -> [Double] in
        let all = positions ?? 0..<(count - 1)
        return [true, false].map { side in
          let values = all.filter { isIn($0) == side }.map { value(part[$0], $0) }
          return sums ? values.reduce(0, +) : values.reduce(0, +) / Double(values.count)
        }
      }
    }
    func next(_ position: Int) -> Int { key.tokens[(position + 1) % count] }
    let follows: (Int) -> Bool = { span.contains($0 + 1) }
    let right = means(isIn: follows) { value($0, $1, token: next($1)) }
    return TensorKey(
      right, shape: [parts.count, 2], named: "the attributions", axes: ["part", "span or rest"],
      tolerance: 1e-3
    ) {
      [
        Mistake(
          "position i was held against token i, which stands there already; it predicts token i + 1",
          means(0..<count, isIn: { span.contains($0) }) { value($0, $1, token: key.tokens[$1]) }
        ),
        Mistake(
          "position i was held against token i, which stands there already; it predicts token i + 1",
          means(1..<count, isIn: { span.contains($0) }) { value($0, $1, token: key.tokens[$1]) }
        ),
        Mistake(
          "a position was counted for the span when it stands in the span; what counts is whether the "
            + "token that follows does",
          means(isIn: { span.contains($0) }) { value($0, $1, token: next($1)) }
        ),
        Mistake(
          "the last position was counted; what it predicts is not in the sentence",
          means(0..<count, isIn: { span.contains(($0 + 1) % count) }) {
            value($0, $1, token: next($1))
          }
        ),
        Mistake(
          "a layer norm takes off the mean over the width first",
          means(isIn: follows) { value($0, $1, token: next($1), centres: false) }
        ),
        Mistake(
          "the scale was left out: divide by what the final norm divides by at the position",
          means(isIn: follows) { value($0, $1, token: next($1), scaled: false) }
        ),
        Mistake(
          "each part was divided by its own spread; the norm divides the whole stream by one scale, "
            + "which is given",
          means(isIn: follows) { value($0, $1, token: next($1), ownScale: true) }
        ),
        Mistake(
          "these are sums over positions; means are asked for",
          means(isIn: follows, sums: true) { value($0, $1, token: next($1)) }
        ),
        Mistake(
          "span and rest are exchanged",
          means(isIn: { !follows($0) }) { value($0, $1, token: next($1)) }
        ),
      ]
    }
  }
}
