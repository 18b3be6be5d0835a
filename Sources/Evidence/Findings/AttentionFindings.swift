import Heads
import Interpretability
import Laboratory
import Tensors
import Transformers

extension Finding {
  static let attentionFindings = [inductionHeads]

  /// Heads that complete what was said before.
  private static let inductionHeads = Finding(
    name: "induction-heads", title: "Induction and previous-token heads", sheet: 1,
    paper: Paper(
      "Olsson et al.", "In-context Learning and Induction Heads", 2022, "arXiv:2209.11895"),
    published: [
      PublishedFigure(
        "in every model of two layers or more", of: "34 decoders, attention-only to 13B"),
      PublishedFigure("three duplicate-token heads (Wang et al., 2022)", of: "GPT-2 small"),
    ],
    measured: "Random words are said twice; of the head of each kind that attends most in one half "
      + "of the texts, its mean attention in the other half, wherever there is a copy.",
    rule: Rule(.above(0.3, "induction head"), .above(0.3, "previous-token head")),
    version: 1, asks: .decoders, needs: "a decoder"
  ) { subject in
    try subject.needsDecoder()
    let texts = RepeatedTokens(
      of: subject.randomWords, start: subject.readsWords ? 0 : nil, length: 20, count: 40,
      seed: 3)
    let first = texts.places[0].position
    var values: [[HeadAddress: Double]] = Array(repeating: [:], count: 120)
    let heads = subject.configuration.heads
    for start in stride(from: 0, to: 40, by: 8) {
      try subject.check()
      let rows = Array(texts.input.tokens[start..<(start + 8)])
      let points = (0..<subject.layers).map { HookPoint.pattern(.blocks, $0) }
      let trace = try subject.model.run(
        ModelInput(tokens: rows), capturing: .points(Set(points)), logitsAt: 0..<1
      ).trace
      let patterns = try points.map { try trace[$0] }
      for row in rows.indices {
        for head in heads {
          let pattern = patterns[head.layer]
          var sums = [0.0, 0, 0]
          for position in first..<(first + 19) {
            // The copy stands twenty words before.
            for (kind, key) in [position - 19, position - 1, position - 20].enumerated() {
              sums[kind] += Double(pattern[row, head.head, position, key]) / 19
            }
          }
          for kind in 0..<3 { values[kind * 40 + start + row][head] = sums[kind] }
        }
      }
    }
    return try ["induction head", "previous-token head", "duplicate-token head"].enumerated()
      .map { kind, name in
        let rows = (0..<40).map { values[kind * 40 + $0] }
        let means = heads.map { head in rows.halves.first.map { $0[head]! }.mean }
        let chosen = heads[means.greatest]
        return try .mean(name, of: rows.halves.second.map { $0[chosen]! }, "texts")
      }
  }
}

extension MeasuredModel {
  /// Tokens to draw from: whole words.
  var randomWords: [Int] {
    if kind == .tours {
      return ReaderTour.allCases.flatMap(\.words).compactMap { ReaderVocabulary.ids[$0] }
    }
    return Array(Set(ReaderWriter.contentWords.compactMap(token))).sorted()
  }
}
