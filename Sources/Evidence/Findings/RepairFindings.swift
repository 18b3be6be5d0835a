import Circuits
import Heads
import Interpretability
import Interventions
import Tensors
import Transformers

extension Finding {
  static let repairFindings = [selfRepair, nameMovers]

  private static let wild = Paper(
    "Wang et al.",
    "Interpretability in the Wild: a Circuit for Indirect Object Identification in GPT-2 Small",
    2022,
    "arXiv:2211.00593")

  /// What is made up when a head is gone.
  private static let selfRepair = Finding(
    name: "self-repair", title: "Copy suppression explains a part of self-repair", sheet: 8,
    paper: suppression,
    published: [
      PublishedFigure(
        "39 % of the self-repair in indirect-object sentences is copy suppression",
        of: "GPT-2 small",
        level: 0.39)
    ],
    measured: "The head with the greatest direct effect on the indirect object, by half of the "
      + "sentences, is mean-ablated on the others: the share of its direct effect that is made up, and "
      + "the share of this that the two heads with the most negative effects make up.",
    rule: Rule(
      .above(0.1, "made up of the direct effect"), .above(0.195, "of that, by the negative heads")),
    version: 1, asks: .knowing, needs: "indirect objects"
  ) { subject in
    let circuits = try subject.circuits()
    let (chosen, kept) = try subject.indirectObjects(subject.isLarge ? 48 : 96)
    let effects = try circuits.directEffects(on: chosen.clean, at: chosen.answers).means
      .map(Double.init)
    let order = effects.indices.sorted { effects[$0] > effects[$1] }
    let (best, negative) = (
      circuits.heads[order[0]], order.suffix(2).map { circuits.heads[$0] }
    )
    try subject.check()
    let repair = try circuits.selfRepair(
      of: best, on: kept.clean, kind: .mean, at: kept.answers)
    let (expected, actual) = (repair.expected.map(Double.init), repair.actual.map(Double.init))
    let byNegative = expected.indices.map { place in
      negative.reduce(0.0) { sum, head in
        sum + Double(repair.byHead[repair.heads.firstIndex(of: head)!, place])
      }
    }
    func sum(_ values: [Double], _ drawn: [Int]) -> Double {
      drawn.reduce(0) { $0 + values[$1] }
    }
    return [
      try .of("made up of the direct effect", count: expected.count, "sentences", isShare: true) {
        (sum(expected, $0) - sum(actual, $0)) / sum(expected, $0)
      },
      try .of("of that, by the negative heads", count: expected.count, "sentences", isShare: true) {
        sum(byNegative, $0) / (sum(expected, $0) - sum(actual, $0))
      },
      try .mean("direct effect in logits", of: expected, "sentences", isShare: false),
    ]
  }

  /// Heads that look at the indirect object.
  private static let nameMovers = Finding(
    name: "name-movers", title: "Heads move the indirect object to the end", sheet: 9, paper: wild,
    published: [
      PublishedFigure(
        "head 9.9 attends from the end to the indirect object with 0.59", of: "GPT-2 small",
        level: 0.59),
      PublishedFigure("mean logit difference 3.56", of: "GPT-2 small"),
    ],
    measured:
      "Of the head with the greatest direct effect on the difference of the two names, by half "
      + "of the sentences: its attention from the end to the indirect object and to the subject's two "
      + "places on the others, its part of the logit difference, and what is left without the three first.",
    rule: Rule(
      .above(0.295, "attention to the indirect object"),
      .above(0.295, "to the indirect object less to the subject"),
      .above(0.1, "the head's part of the logit difference"),
      .below(0.75, "left of the logit difference without three")),
    version: 1, asks: .knowing, needs: "indirect objects"
  ) { subject in
    let circuits = try subject.circuits()
    let (chosen, kept) = try subject.indirectObjects(subject.isLarge ? 48 : 96)
    func parts(_ task: TaskSet) throws -> [[Double]] {
      try subject.check()
      let answers = try circuits.directEffects(on: task.clean, at: task.answers).byHead
      let foils = try circuits.directEffects(on: task.clean, at: task.foils).byHead
      let difference = answers - foils
      return circuits.heads.indices.map { difference[at: $0].values.map(Double.init) }
    }
    let means = try parts(chosen).map(\.mean)
    let order = means.indices.sorted { means[$0] > means[$1] }
    let mover = circuits.heads[order[0]]
    let point = HookPoint.pattern(.blocks, mover.layer)
    let input = kept.clean
    let pattern = try subject.model.run(input, capturing: [point], logitsAt: 0..<1).trace[point]
    var (toObject, toSubject): ([Double], [Double]) = ([], [])
    for (row, pair) in kept.pairs.enumerated() {
      func attention(_ token: Int) -> Double {
        pair.clean.indices.filter { pair.clean[$0] == token }.reduce(0) {
          $0 + Double(pattern[row, mover.head, pair.clean.count - 1, $1])
        }
      }
      toObject.append(attention(pair.answer))
      toSubject.append(attention(pair.foil))
    }
    let whole = try kept.logitDifference.values(on: subject.model, input)
      .map { Double($0.average) }
    let own = try parts(kept)[order[0]]
    let without = try Sweep(
      kept.pairs.indices.map { row in
        Trial(
          row: row,
          order.prefix(3).map { index in
            let head = circuits.heads[index]
            return Change(.head(head.head, at: head.mixedPoint), .zero)
          })
      }, metric: kept.logitDifference
    ).run(on: subject.model, input).numbers().map(Double.init)
    func ratio(_ values: [Double], _ drawn: [Int]) -> Double {
      drawn.map { values[$0] }.mean / drawn.map { whole[$0] }.mean
    }
    return [
      try .mean("attention to the indirect object", of: toObject, "sentences", isShare: false),
      try .difference(
        "to the indirect object less to the subject", toObject, toSubject, "sentences",
        isShare: false),
      try .mean("logit difference", of: whole, "sentences", isShare: false),
      try .of(
        "the head's part of the logit difference", count: whole.count, "sentences", isShare: true
      ) { ratio(own, $0) },
      try .of(
        "left of the logit difference without three", count: whole.count, "sentences",
        isShare: true
      ) { ratio(without, $0) },
    ]
  }
}

extension TaskSet {
  /// The places where answers are asked, in the clean texts.
  var answers: [TokenPlace] { places(\.answer) }
  /// The same places with the foils.
  var foils: [TokenPlace] { places(\.foil) }

  private func places(_ token: (Pair) -> Int) -> [TokenPlace] {
    pairs.enumerated().map { row, pair in
      TokenPlace(row: row, position: pair.clean.count - 1, token: token(pair))
    }
  }
}

extension MeasuredModel {
  /// Sentences with an indirect object: some to choose by, others to measure on.
  func indirectObjects(_ count: Int) throws -> (chosen: TaskSet, kept: TaskSet) {
    let (chosen, kept) = try pairs("indirect-objects", count).pairs.halves
    return (TaskSet(chosen), TaskSet(kept))
  }
}
