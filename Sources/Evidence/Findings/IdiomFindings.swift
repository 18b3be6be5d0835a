import Interpretability
import Interventions
import Spans
import Tensors
import Transformers

extension Finding {
  static let idiomFindings = [idiomScores, idiomImportance, idiomAwareness]

  /// The source of Sheet 7.
  private static let thesis = Paper(
    "the thesis behind Sheet 7", "Idiom heads in Pythia", 2025, "unpublished")
  private static let pythia = "Pythia 1.4B"

  /// The idiom score of idioms and of paraphrases.
  private static let idiomScores = Finding(
    name: "idiom-score", title: "The idiom score barely tells idioms apart", sheet: 7,
    paper: thesis,
    published: [
      PublishedFigure(
        "r = 0.96 between the scores on idioms and on literal paraphrases", of: pythia, level: 0.96)
    ],
    measured:
      "The correlation over heads of the mean idiom score on idioms and on literal uses that "
      + "begin alike, in the same situations; and on what the idioms mean.",
    rule: Rule(.above(0.9, "r of idioms and literal uses")), version: 1, asks: .knowing,
    needs: "the idioms of everyday English"
  ) { subject in
    try subject.needsDecoder()
    let tables = try [MeasuredModel.IdiomUse.idiom, .literal, .meaning].map {
      try subject.idiomScores(subject.idiomSentences($0, 60))
    }
    let count = tables[0].values[0].count
    return try [(1, "r of idioms and literal uses"), (2, "r of idioms and their meanings")].map {
      other, name in
      try .of(name, count: count, "idioms") { drawn in
        pearson(
          tables[0].evidenceMeans(over: drawn), tables[other].evidenceMeans(over: drawn)) ?? .nan
      }
    }
  }

  /// The idiom score against what heads are worth.
  private static let idiomImportance = Finding(
    name: "idiom-importance", title: "A head's attention score is not its importance", sheet: 7,
    paper: thesis,
    published: [
      PublishedFigure("r(idiom score, attribution) = 0.08 and 0.21", of: pythia, level: 0.21),
      PublishedFigure(
        "accuracy 55.49 % becomes 55.63 % without the three heads of the highest idiom score, 49.20 % "
          + "without three picked by attribution", of: pythia),
    ],
    measured:
      "The correlation over heads of the mean idiom score with the logit attribution in the "
      + "span, and the rank correlation with the loss that zeroing each head adds there; heads are picked "
      + "on half of the idioms, and the loss without three of them is taken on the others.",
    rule: Rule(
      .below(0.5, "r of score and attribution"),
      .below(0.5, "rank correlation of score and cost"),
      .below(0, "nats without three by score, less three by attribution")),
    version: 1, asks: .knowing, needs: "the idioms of everyday English"
  ) { subject in
    try subject.needsDecoder()
    let sentences = try subject.idiomSentences(.idiom, subject.isLarge ? 20 : 60)
    let scores = try subject.idiomScores(sentences)
    let attributed = try subject.idiomAttributions(sentences)
    let heads = subject.configuration.heads
    let ablation = try SpanAblation(subject.model, sentences, kind: .zero)
    let costs = HeadTable(
      try ablation.effects(of: heads.map { [$0] }) { _ in subject.goesOn() }.effects
        .map(\.spanLossChanges))
    let (chosen, kept) = Array(sentences.indices).halves
    let groups = [scores, attributed, costs].map { table in
      let means = table.evidenceMeans(over: chosen)
      return means.indices.sorted { means[$0] > means[$1] }.prefix(3).map { heads[$0] }
    }
    let found = try SpanAblation(subject.model, kept.map { sentences[$0] }, kind: .zero)
      .effects(of: groups) { _ in subject.goesOn() }
    let losses = found.effects.map { $0.spanLossChanges.map(Double.init) }
    return [
      try .of("r of score and attribution", count: sentences.count, "idioms") { drawn in
        pearson(
          scores.evidenceMeans(over: drawn), attributed.evidenceMeans(over: drawn)) ?? .nan
      },
      try .of("rank correlation of score and cost", count: sentences.count, "idioms") { drawn in
        spearman(scores.evidenceMeans(over: drawn), costs.evidenceMeans(over: drawn)) ?? .nan
      },
      try .mean(
        "nats in the span without three by score", of: losses[0], "idioms", isShare: false),
      try .mean(
        "nats in the span without three by attribution", of: losses[1], "idioms", isShare: false),
      try .mean(
        "nats in the span without three by cost", of: losses[2], "idioms", isShare: false),
      try .difference(
        "nats without three by score, less three by attribution", losses[0], losses[1], "idioms",
        isShare: false),
    ]
  }

  /// Whether idioms are completed.
  private static let idiomAwareness = Finding(
    name: "idiom-awareness", title: "Idioms are completed, literal counterparts are not", sheet: 7,
    paper: thesis,
    published: [
      PublishedFigure(
        "greedy decoding ends 43 % of idioms with their last word, 12 % of literal counterparts",
        of: pythia, level: 0.43)
    ],
    measured:
      "How often the likeliest token is the last word of the idiom, in a situation that fits; "
      + "and that of the literal use.",
    rule: Rule(.above(0.215, "idioms completed"), .above(0.155, "idioms less literal uses")),
    version: 1, asks: .knowing, needs: "the idioms of everyday English"
  ) { subject in
    try subject.needsDecoder()
    let rows = try [MeasuredModel.IdiomUse.idiom, .literal].map {
      try subject.completions(subject.idiomSentences($0, 60))
    }
    return [
      try .mean("idioms completed", of: rows[0], "idioms"),
      try .mean("literal uses completed", of: rows[1], "idioms"),
      try .difference("idioms less literal uses", rows[0], rows[1], "idioms"),
    ]
  }
}

extension HeadTable {
  /// The mean of every head over some sentences, those without a number left out.
  func evidenceMeans(over sentences: [Int]) -> [Double] {
    values.map { row in
      sentences.compactMap { row[$0].isNaN ? nil : Double(row[$0]) }.mean
    }
  }
}

extension MeasuredModel {
  private func collect<Row>(
    _ sentences: [SpanTokens], capturing points: Set<HookPoint>,
    _ rows: (SpanBatch) throws -> [Row]
  ) throws -> [Row] {
    var found: [Int: Row] = [:]
    try SpanRun(model, sentences, capturing: points).forEachBatch { batch in
      try check()
      for (place, row) in zip(batch.places, try rows(batch)) { found[place] = row }
    }
    return sentences.indices.map { found[$0]! }
  }

  /// The idiom score of every head on every sentence.
  func idiomScores(_ sentences: [SpanTokens]) throws -> HeadTable {
    let scorer = SpanScorer(model)
    let rows = try collect(sentences, capturing: SpanScorer.points(in: configuration)) {
      try scorer.scores($0).map { $0.map { $0.span.score() } }
    }
    return HeadTable(scorer.heads.indices.map { head in rows.map { $0[head] } })
  }

  /// What every head adds to the logits of span tokens, on every sentence.
  func idiomAttributions(_ sentences: [SpanTokens]) throws -> HeadTable {
    let attribution = try SpanAttribution(model)
    let rows = try collect(sentences, capturing: SpanAttribution.points(in: configuration)) {
      try attribution.rows($0).map { $0.heads.map { $0.span ?? .nan } }
    }
    return HeadTable(attribution.heads.indices.map { head in rows.map { $0[head] } })
  }

  /// Whether greedy decoding ends each span with its last word: 1 for yes.
  func completions(_ sentences: [SpanTokens]) throws -> [Double] {
    try collect(sentences, capturing: []) { batch in
      batch.sentences.indices.map { batch.lastWord($0).isGreedy ? 1 : 0 }
    }
  }
}
