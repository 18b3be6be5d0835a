import Foundation
import Interpretability
import Interventions
import Laboratory
import Models
import Spans
import Tensors
import Transformers

/// Prints how scores of heads go together, and what taking the best of each away costs.
func evidence(of name: String, sentences path: String) throws {
  let loaded = try LoadedModel(name)
  let model = loaded.model
  guard let tokenizer = loaded.tokenizer else {
    print("\(name) has no tokenizer")
    return
  }
  let all = try SpanFile.sentences(contentsOf: URL(fileURLWithPath: path))
  func tokens(_ kind: SpanKind) throws -> [SpanTokens] {
    try all.filter { $0.kind == kind }.map { try SpanTokens($0.text, tokenizer: tokenizer) }
  }
  let (formal, literal) = (try tokens(.formal), try tokens(.literal))
  let points = SpanScorer.points(in: model.configuration)
    .union(SpanAttribution.points(in: model.configuration))
  let scorer = SpanScorer(model)
  let attribution = try SpanAttribution(model)
  let heads = scorer.heads
  func tables(
    _ sentences: [SpanTokens]
  ) throws -> (span: HeadTable, rest: HeadTable, attribution: HeadTable, aware: Double) {
    var span = heads.map { _ in Array(repeating: Float.nan, count: sentences.count) }
    var (rest, added, aware) = (span, span, 0)
    try SpanRun(model, sentences, capturing: points).forEachBatch { batch in
      let (scores, rows) = (try scorer.scores(batch), try attribution.rows(batch))
      for (row, place) in batch.places.enumerated() {
        for head in heads.indices {
          span[head][place] = scores[row][head].span.score()
          rest[head][place] = scores[row][head].rest?.score() ?? .nan
          added[head][place] = rows[row].heads[head].span ?? .nan
        }
        if batch.lastWord(row).isGreedy { aware += 1 }
      }
    }
    return (
      HeadTable(span), HeadTable(rest), HeadTable(added), Double(aware) / Double(sentences.count)
    )
  }
  let (own, other) = (try tables(formal), try tables(literal))
  print("\(name): \(formal.count) formal, \(literal.count) literal, \(heads.count) heads")
  print("aware: formal \(own.aware), literal \(other.aware)")
  func show(_ what: String, _ a: HeadTable, _ b: HeadTable) throws {
    print("\(what): pearson \(pearson(a.means, b.means) ?? .nan)", terminator: "")
    if a.values[0].count == b.values[0].count {
      let forecast = try RankForecast(of: a, and: b)
      print(
        ", spearman \(forecast.overSentences.value), over sentences "
          + "\(forecast.overSentences.lower)…\(forecast.overSentences.upper), over heads "
          + "\(forecast.overHeads.lower)…\(forecast.overHeads.upper)")
    } else {
      print("")
    }
  }
  try show("formal, literal sentences", own.span, other.span)
  try show("idiom score, literal score", own.span, own.rest)
  try show("idiom score, attribution", own.span, own.attribution)
  for kind in [AblationKind.zero, .mean] {
    let ablation = try SpanAblation(model, formal, kind: kind)
    let single = try ablation.effects(of: heads.map { [$0] })
    let costs = HeadTable(single.effects.map(\.spanLossChanges))
    try show("idiom score, \(kind) ablation", own.span, costs)
    try show("attribution, \(kind) ablation", own.attribution, costs)
    func top(_ table: HeadTable) -> [HeadAddress] {
      let means = table.means
      return heads.indices.sorted { means[$0] > means[$1] }.prefix(3).map { heads[$0] }
    }
    let groups = [("attention", own.span), ("attribution", own.attribution), ("ablation", costs)]
    let together = try ablation.effects(of: groups.map { top($0.1) })
    print(
      "\(kind): nothing ablated: accuracy \(together.clean.all.accuracy), last word "
        + "\(together.clean.last.accuracy)")
    for (group, effect) in zip(groups, together.effects) {
      print(
        "\(kind): top three by \(group.0) \(effect.heads): accuracy "
          + "\(effect.scores.all.accuracy), span \(effect.scores.span.accuracy), last word "
          + "\(effect.scores.last.accuracy), loss change "
          + "\(effect.scores.all.loss - together.clean.all.loss)")
    }
  }
}
