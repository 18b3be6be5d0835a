import Circuits
import Foundation
import Heads
import Interpretability
import Interventions
import Laboratory
import Tensors
import Transformers

extension Finding {
  static let circuitFindings = [sequenceCircuits, sharedHeads, successorHeads, acdc, greaterThan]

  private static let sequences = Paper(
    "Lan et al.",
    "Towards Interpretable Sequence Continuation: Analyzing Shared Circuits in Large Language Models",
    2024, "arXiv:2311.04131")

  /// What a circuit of one task does for another.
  private static let sequenceCircuits = Finding(
    name: "sequence-circuits", title: "Circuits of sequences serve one another", sheet: 9,
    paper: sequences,
    published: [
      PublishedFigure(
        "numerals keep 81.0 % in their own circuit, 87.3 % in that of number words, 43.7 % in that of "
          + "months, −6.7 % in that of indirect objects", of: "GPT-2 small", level: 0.81)
    ],
    measured:
      "Circuits of nodes that lose less than a fifth of the logit difference, by node pruning on "
      + "48 pairs a task; the faithfulness of numerals in each, on eight sets of twelve other pairs.",
    rule: Rule(
      .above(0.4365, "numerals in the circuit of number words"),
      .above(0.218, "numerals in the circuit of months"),
      .below(0.2, "numerals in the circuit of indirect objects")),
    version: 1, asks: [.reader], needs: "a model so small that pruning takes seconds"
  ) { subject in
    let names = ["numerals", "number-words", "months", "indirect-objects"]
    let circuits = try names.map { name in
      try CircuitSearch(
        CircuitEvaluator(subject.model, subject.pairs(name, 48), ablation: .mean), .nodes,
        threshold: 0.2
      ).run { _ in subject.goesOn() }.circuit
    }
    try subject.check()
    let others = try subject.pairs("numerals", 96, seed: 7).pairs
    let sets = stride(from: 0, to: others.count - 11, by: 12).map {
      TaskSet(Array(others[$0..<($0 + 12)]))
    }
    let evaluators = try sets.map { try CircuitEvaluator(subject.model, $0, ablation: .mean) }
    let titles = ["numerals", "number words", "months", "indirect objects"]
    return try zip(titles, circuits).map { title, circuit in
      try subject.check()
      return try .mean(
        "numerals in the circuit of \(title)",
        of: evaluators.map { try $0.faithfulness(of: circuit) }, "sets of pairs")
    }
  }

  /// Heads that several tasks need.
  private static let sharedHeads = Finding(
    name: "shared-sequence-heads", title: "Sequences of different kinds need the same heads",
    sheet: 9,
    paper: sequences,
    published: [
      PublishedFigure(
        "the circuits of numerals, number words and months overlap; head 9.1 is in all three",
        of: "GPT-2 small")
    ],
    measured:
      "The correlation over heads of the logit difference that is lost without each, between "
      + "number words and months, and between either and indirect objects as a control.",
    rule: Rule(
      .above(0.5, "r of number words and months"),
      .above(0, "more than with indirect objects")),
    version: 1, asks: .knowing, needs: "sequences in sentences"
  ) { subject in
    try subject.needsDecoder()
    let count = subject.isLarge ? 8 : 48
    let drops = try ["number-words", "months", "indirect-objects"].map { name -> [Double] in
      try subject.check()
      return try CircuitEvaluator(subject.model, subject.pairs(name, count)).drops().filter {
        if case .head = $0.node { true } else { false }
      }.map(\.drop)
    }
    func correlation(_ a: Int, _ b: Int, _ drawn: [Int]) -> Double {
      pearson(drawn.map { drops[a][$0] }, drawn.map { drops[b][$0] }) ?? .nan
    }
    let heads = drops[0].count
    return [
      try .of("r of number words and months", count: heads, "heads") { correlation(0, 1, $0) },
      try .of("more than with indirect objects", count: heads, "heads") {
        correlation(0, 1, $0) - (correlation(0, 2, $0) + correlation(1, 2, $0)) / 2
      },
    ]
  }

  /// Heads that write the next element.
  private static let successorHeads = Finding(
    name: "successor-head", title: "A head's OV circuit writes the next element", sheet: 9,
    paper: sequences,
    published: [
      PublishedFigure(
        "the next element is among head 9.1's five greatest for 87.4 % of numerals and 90.6 % of number "
          + "words", of: "GPT-2 small", level: 0.906)
    ],
    measured: "The share of number words whose successor is among the five tokens that a head's OV "
      + "circuit writes for most, from the embedding through block 0; the head is chosen on the others of "
      + "the twenty. And that of numerals, where they are one token.",
    rule: Rule(.above(0.453, "number words")), version: 1, asks: .knowing, needs: "number words"
  ) { subject in
    let circuits = try subject.circuits()
    let embedded = try circuits.embedded(.mlp0)
    func successions(_ kind: ReaderSequence.Kind) -> [Succession] {
      zip(kind.members, kind.members.dropFirst()).compactMap { first, second in
        guard let token = subject.token(first), let next = subject.token(second) else { return nil }
        return Succession(token: token, next: next)
      }
    }
    /// Whether each successor is among the five, with the head that is best on the others.
    func hits(_ all: [Succession]) throws -> [Double] {
      let halves = [all.halves.first, all.halves.second]
      return try [0, 1].flatMap { half in
        let scores = try circuits.heads.map { head in
          try subject.check()
          return try circuits.nextScore(of: head, halves[1 - half], in: embedded)
        }
        let head = circuits.heads[scores.greatest]
        return try halves[half].map { try circuits.nextScore(of: head, [$0], in: embedded) }
      }
    }
    var found = [
      try MeasuredNumber.mean("number words", of: hits(successions(.numberWords)), "number words")
    ]
    let numerals = successions(.numerals)
    if numerals.count > 20 {
      found.append(try .mean("numerals", of: hits(numerals), "numerals"))
    }
    return found
  }

  /// Whether searches find circuits that are known.
  private static let acdc = Finding(
    name: "circuit-recovery", title: "ACDC finds circuits that are known", sheet: 9,
    paper: Paper(
      "Conmy et al.", "Towards Automated Circuit Discovery for Mechanistic Interpretability", 2023,
      "arXiv:2304.14997"),
    published: [
      PublishedFigure(
        "68 of 32,000 edges for greater-than, all of which were found by hand; five of five kinds of "
          + "component", of: "GPT-2 small")
    ],
    measured:
      "The area under the ROC curve of edges of circuits that were written by hand, over fourteen "
      + "values of τ; and of edge attribution (Syed et al., 2023) over its scores.",
    rule: Rule(.above(0.9, "ACDC, area under the curve")), version: 1, asks: [.planted],
    needs: "a circuit that is known"
  ) { subject in
    var areas: [[Double]] = [[], []]
    for planted in PlantedCircuit.all {
      try subject.check()
      let evaluator = try CircuitEvaluator(planted.model, planted.task)
      let all = evaluator.graph.edges
      let searched = try (0..<14).map { step in
        let found = try CircuitSearch(
          evaluator, .acdc, threshold: 1e-4 * pow(10, Double(step) * 0.4)
        ).run().circuit.edges
        return Set(found)
      }
      let scores = try EdgeAttribution(evaluator, steps: 8).scores
      let levels = Set(scores.map { abs($0.score) }).sorted()
      let ranked = levels.map { level in
        Set(scores.filter { abs($0.score) >= level && $0.score != 0 }.map(\.edge))
      }
      for (index, sets) in [searched, ranked].enumerated() {
        areas[index].append(rocArea(sets, of: planted.edges, among: all))
      }
    }
    return [
      try .mean("ACDC, area under the curve", of: areas[0], "circuits", isShare: false),
      try .mean("edge attribution, area under the curve", of: areas[1], "circuits", isShare: false),
    ]
  }

  /// Greater-than.
  private static let greaterThan = Finding(
    name: "greater-than", title: "Later years are likelier than earlier ones", sheet: 9,
    paper: Paper(
      "Hanna et al.",
      "How Does GPT-2 Compute Greater-Than?: Interpreting Mathematical Abilities in a Pre-trained "
        + "Language Model", 2023, "arXiv:2305.00586"),
    published: [
      PublishedFigure(
        "probability of later less that of earlier years: 81.7 %", of: "GPT-2 small", level: 0.817)
    ],
    measured:
      "“The war lasted from the year 17 32 to the year 17”: the probability of all later years of "
      + "the century less that of the others.",
    rule: Rule(.above(0.4085, "later less earlier years")), version: 1, asks: [.reader],
    needs: "years of two words, as the reader writes them"
  ) { subject in
    var writer = ReaderWriter(split: .test, seed: 12)
    let years = (2...99).map { ReaderVocabulary.ids[ReaderWriter.twoDigits($0)]! }
    let differences = try (0..<200).map { _ -> Double in
      try subject.check()
      let text = writer.text(.greaterThan)
      guard let plant = text.plants.first, case .greaterThan(let year) = plant.ability else {
        preconditionFailure("a text of years asks for a later one")
      }
      let tokens = ReaderVocabulary.encode(text.prompt(of: plant))
      let last = tokens.count - 1
      let shares = try subject.model.run(ModelInput(tokens), logitsAt: last..<tokens.count).logits
        .softmax()
      return years.enumerated().reduce(0.0) { sum, entry in
        let share = Double(shares[0, 0, entry.element])
        return sum + (entry.offset + 2 > year ? share : -share)
      }
    }
    return [try .mean("later less earlier years", of: differences, "sentences")]
  }
}

/// The area under the ROC curve through the points of some sets, in any order, and both ends.
func rocArea<Element: Hashable>(
  _ sets: [Set<Element>], of truth: Set<Element>, among all: [Element]
) -> Double {
  let others = Double(all.count - truth.count)
  var points = sets.map { found in
    let hits = found.intersection(truth).count
    return (x: Double(found.count - hits) / others, y: Double(hits) / Double(truth.count))
  }
  points += [(0, 0), (1, 1)]
  points.sort { ($0.x, $0.y) < ($1.x, $1.y) }
  return zip(points, points.dropFirst()).reduce(0) {
    $0 + ($1.1.x - $1.0.x) * ($1.0.y + $1.1.y) / 2
  }
}
