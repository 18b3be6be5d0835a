import Interpretability
import Laboratory
import Tensors
import Transformers

extension ReaderPhenomenon {
  /// Whether sequences of different kinds are continued by the same heads.
  static func sequences(_ model: Transformer, _ split: ReaderSplit) throws -> [ReaderPhenomenon] {
    let kinds = ReaderSequence.Kind.allCases
    let drops = try kinds.map { kind in
      let batch = ReaderQuestions(.sequences, count: 24, split: split) { plant in
        guard plant.isHeldOut, case .sequence(kind, 1, false) = plant.ability else { return false }
        return true
      }
      return try batch.drops(of: model)
    }
    let strongest = zip(kinds, drops).flatMap { kind, drops in
      drops.sorted { $0.drop > $1.drop }.prefix(3).map {
        ("\(kind.rawValue) without \($0.head)", $0.drop)
      }
    }
    let pairs = kinds.indices.flatMap { first in
      kinds.indices.filter { $0 > first }.map { second in
        let names = "\(kinds[first].rawValue) and \(kinds[second].rawValue)"
        return (names, pearson(drops[first].map(\.drop), drops[second].map(\.drop)) ?? 0)
      }
    }
    return [
      ReaderPhenomenon(
        "sequence heads: nats lost without a head", strongest,
        published: "Numerals, number words and months share heads of GPT-2 small, L9H1 among them "
          + "(Lan et al., 2024)."),
      ReaderPhenomenon(
        "shared sequence heads: correlation of what heads are worth", pairs,
        published: "The circuits overlap; no correlation was given."),
    ]
  }

  /// Whether heads move the indirect object to the end.
  static func partners(_ model: Transformer, _ split: ReaderSplit) throws -> [ReaderPhenomenon] {
    try [ReaderKind.indirectObjects, .pairs].map { kind in
      let batch = ReaderQuestions(kind, count: 80, split: split) { plant in
        guard plant.isHeldOut, case .indirectObject(let others) = plant.ability else {
          return false
        }
        return others >= 2
      }
      let toTaker = try batch.attention(of: model) { Array($0.plant.sources[0]) }
      let toSubject = try batch.attention(of: model) { Array($0.plant.sources[2]) }
      /// The mean logit of the indirect object less the subject's.
      func difference(_ interventions: [Intervention]) throws -> Double {
        let rows = try batch.distributions(of: model, intervening: interventions)
        return zip(rows, batch.questions).reduce(0) { sum, pair in
          let (row, question) = pair
          let tokens = batch.input.tokens[question.row]
          let subject = tokens[question.plant.sources[2].lowerBound + 1]
          return sum + Double(row[question.answer] - row[subject])
        } / Double(batch.questions.count)
      }
      let clean = try difference([])
      let movers = toTaker.indices.sorted { toTaker[$0].mean > toTaker[$1].mean }.prefix(3)
      return ReaderPhenomenon(
        "name movers in \(kind.rawValue): attention of the end to the indirect object and the subject",
        movers.flatMap {
          [
            ("\(toTaker[$0].head) to the indirect object", toTaker[$0].mean),
            ("\(toTaker[$0].head) to the subject", toSubject[$0].mean),
          ]
        } + [
          ("logit difference", clean),
          (
            "logit difference without the first two",
            try difference(movers.prefix(2).map { toTaker[$0].head.knockout })
          ),
        ],
        published: "L9H9 of GPT-2 small attends to the indirect object with 0.59; the logit "
          + "difference is 3.56 (Wang et al., 2022).")
    }
  }

  /// Whether the heads that look at an idiom are those it needs.
  static func idioms(_ model: Transformer, _ split: ReaderSplit) throws -> [ReaderPhenomenon] {
    let batch = ReaderQuestions(.idioms, count: 100, split: split) { plant in
      guard plant.isHeldOut, case .idiom(_, false) = plant.ability else { return false }
      return !plant.sources[1].isEmpty
    }
    let attention = try batch.attention(of: model) { Array($0.plant.sources[1]) }
    let drops = try batch.drops(of: model)
    func accuracy(_ interventions: [Intervention]) throws -> Double {
      let rows = try batch.distributions(of: model, intervening: interventions)
      return zip(rows, batch.questions).reduce(0) { sum, pair in
        let (row, question) = pair
        return sum + (row.max() == row[question.answer] ? 1 : 0)
      } / Double(batch.questions.count)
    }
    func without(_ order: [Int]) throws -> Double {
      try accuracy(order.prefix(3).map { drops[$0].head.knockout })
    }
    let byAttention = attention.indices.sorted { attention[$0].mean > attention[$1].mean }
    let byDrop = drops.indices.sorted { drops[$0].drop > drops[$1].drop }
    return [
      ReaderPhenomenon(
        "idiom heads: attention is not importance",
        [
          (
            "correlation of attention and ablation",
            pearson(attention.map(\.mean), drops.map(\.drop)) ?? 0
          ),
          ("accuracy", try accuracy([])),
          ("accuracy without the three that attend most", try without(byAttention)),
          ("accuracy without the three that ablation names", try without(byDrop)),
        ],
        published: "Without the three heads of the highest attention score accuracy went from "
          + "55.5 to 55.6 %, without three picked by attribution to 49.2 % (Pythia-1.4B).")
    ]
  }
}
