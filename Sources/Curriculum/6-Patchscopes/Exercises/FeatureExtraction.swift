import Coursework
import Foundation
import PatchscopesVocabulary
import SheetTools
import Tensors
import Transformers

extension PatchscopesSheet {
  /// 6.7: a prompt in the place of a trained probe.
  static let featureExtraction = Exercise(
    "6.7", "Probe against feature extraction", points: 4, difficulty: 3, importance: 4, minutes: 35,
    hints: [
      """
      A probe has one output a class. The prompt may answer with any word. What makes the two \
      comparable? And when both were tried on the same items, are these two samples or one?
      """,
      """
      Run the prompt with the state at its placeholder, read its last token, and compare only the \
      logits of the choices. Of the two methods take the difference item by item: 1, 0 or −1.
      """,
      """
      `choices.max { last[$0] < last[$1] }` with `last` the prompt's last row. Bootstrap: draw as many \
      items as there are, with replacement, thousands of times, and take the mean difference of each.
      """,
      """
      With 2,000 sorted means, `Estimate(value: mean(gaps), lower: means[50], upper: means[1_949])`. The \
      patch is 6.5's `Scope(source: ScopeRun(source), target: ScopeRun(prompt))`.
      """,
    ],
    interpretation: """
      The prompt has no weights that were trained on the task, and needs no examples: where it does as \
      well as a probe, the attribute was there for the model's own use. Where it does worse, either the \
      attribute is there in a form that only the probe reads, or later blocks cannot make it of a state \
      at this layer, or the prompt is bad. In the paper extraction wins on 6 of 12 tasks, and loses on \
      none by much. An interval that holds 0 is no win.
      """,
    cases: { generator in
      var cases: [Case<Extraction, Extraction>] = []
      for (name, kind, count, choices) in [
        ("four choices", ScopeModel.Kind.small, 14, 4), ("six choices", .small, 14, 6),
        ("turned positions", .rotary, 14, 5),
      ] {
        let question = try drawn(
          using: &generator,
          { try extraction(kind, states: count, choices: choices, using: &$0) },
          until: {
            try PairedBootstrap($0).isDecided && ExtractionKey($0).isDecided()
          })
        cases.append(Case(name, question))
      }
      return cases
    },
    parts: [
      Part(PatchscopesAsks.extracted) { try ExtractionKey($0).judge() },
      Part(PatchscopesAsks.advantage) { question in
        let bootstrap = PairedBootstrap(question)
        return Judgement { bootstrap.verdict(on: $0) }
      },
    ])

  private static func extraction(
    _ kind: ScopeModel.Kind, states: Int, choices: Int, using generator: inout SeededGenerator
  ) throws -> Extraction {
    let model = ScopeModel(kind, using: &generator)
    let prompt = ScopePlace(
      tokens: ScopeModel.text(7, using: &generator),
      position: Int.random(in: 4...5, using: &generator),
      layer: 1)
    let sources = (0..<states).map { _ in
      ScopePlace(
        tokens: ScopeModel.text(6, using: &generator),
        position: Int.random(in: 1...3, using: &generator), layer: 2)
    }
    let all = (0..<ScopeModel.vocabulary).shuffled(using: &generator)
    // Two methods that are right on much the same items.
    let easy = (0..<160).map { _ in Double.random(in: 0..<1, using: &generator) < 0.55 }
    func tried(_ surprise: Double) -> [Bool] {
      easy.map { Double.random(in: 0..<1, using: &generator) < surprise ? !$0 : $0 }
    }
    return Extraction(
      model: model, sources: sources, prompt: prompt, choices: Array(all.prefix(choices)),
      first: tried(0.06), second: tried(0.12), seed: generator.next())
  }
}

/// What a prompt makes of states, right and wrong.
private struct ExtractionKey {
  private let question: Extraction
  private let runner: ScopeRunner
  private let rows: [Tensor]
  private let right: [Int]
  private var last: Int { question.prompt.tokens.count - 1 }

  init(_ question: Extraction) throws {
    self.question = question
    let model = try question.model.made()
    let runner = ScopeRunner(source: model, target: model)
    rows = try question.sources.map {
      try runner.logits(of: Scope(source: ScopeRun($0), target: ScopeRun(question.prompt)))
    }
    right = rows.map {
      Self.best($0[at: question.prompt.tokens.count - 1], of: question.choices)
    }
    self.runner = runner
  }

  private static func best(_ row: Tensor, of choices: [Int]) -> Int {
    choices.max { row[$0] < row[$1] }!
  }

  private func chosen(_ row: Tensor) -> Int { Self.best(row, of: question.choices) }

  private func mistakes() throws -> [Mistake<[Int]>] {
    func edited(_ edit: (inout ScopePlace, inout ScopePlace) -> Void) throws -> [Int] {
      try question.sources.map { source in
        var (source, prompt) = (source, question.prompt)
        edit(&source, &prompt)
        let logits = try runner.logits(
          of: Scope(source: ScopeRun(source), target: ScopeRun(prompt)))
        return chosen(logits[at: last])
      }
    }
    let plain = try runner.target.logits(of: question.prompt.tokens)[at: last]
    return [
      Mistake(
        "these are the likeliest of all tokens; a probe has only the choices, and so has the prompt",
        rows.map { $0[at: last].argmax()[0] }),
      Mistake(
        "these are places in the list of choices; the tokens themselves are asked for",
        right.map { question.choices.firstIndex(of: $0)! }),
      Mistake(
        "the answer was read at the placeholder; the prompt says it at its end",
        rows.map { chosen($0[at: question.prompt.position]) }),
      Mistake(
        "nothing was patched: the prompt alone says the same of every state",
        question.sources.map { _ in chosen(plain) }),
      Mistake(
        "l and l* are exchanged",
        try edited { source, prompt in (source.layer, prompt.layer) = (prompt.layer, source.layer) }
      ),
      Mistake(
        "the states went into the prompt's last token, not the placeholder",
        try edited { _, prompt in prompt.position = last }),
      Mistake(
        "the states are those of the texts' last tokens, not of the positions asked for",
        try edited { source, _ in source.position = source.tokens.count - 1 }),
      Mistake(
        "these are the least likely of the choices",
        rows.map { row in question.choices.min { row[last, $0] < row[last, $1] }! }),
    ]
  }

  func judge() -> Expected<[Int]> {
    Expected(right, named: "the list of choices", of: "state", mistakes: mistakes)
  }

  /// Whether every mistake shows, each in its own way, and no choice is a matter of rounding.
  func isDecided() throws -> Bool {
    let isClear = zip(rows, right).allSatisfy { row, choice in
      question.choices.allSatisfy { $0 == choice || row[last, choice] - row[last, $0] > 0.02 }
    }
    return try isClear && !question.choices.contains { question.choices.indices.contains($0) }
      && mistakes().areDistinct(from: right)
  }
}

/// The advantage of one method over another on the same items, and the spread of its mean.
private struct PairedBootstrap {
  private let gaps: [Double]
  private let shares: (Double, Double)
  private let mean: Double
  private let deviation: Double

  init(_ question: Extraction) {
    gaps = zip(question.first, question.second).map { ($0 ? 1 : 0) - ($1 ? 1 : 0) }
    func share(_ values: [Bool]) -> Double { Double(values.count { $0 }) / Double(values.count) }
    shares = (share(question.first), share(question.second))
    (mean, deviation) = (DoubleCorrelation.mean(gaps), DoubleCorrelation.deviation(gaps))
  }

  /// Half of an interval of 95 %, items drawn in pairs.
  private var paired: Double { 1.96 * deviation / Double(gaps.count).squareRoot() }
  /// The same, each method's items drawn by themselves.
  private var apart: Double {
    let variance = shares.0 * (1 - shares.0) + shares.1 * (1 - shares.1)
    return 1.96 * (variance / Double(gaps.count)).squareRoot()
  }

  var isDecided: Bool { abs(mean) > 0.02 && apart > 1.5 * paired && paired > 0.03 }

  func verdict(on answer: Estimate) -> Verdict {
    guard answer.value.isFinite, answer.lower.isFinite, answer.upper.isFinite else {
      return .invalid("the estimate holds a value that is no number")
    }
    func isNear(_ value: Double, _ other: Double, by share: Double = 0.12) -> Bool {
      abs(value - other) <= share * abs(other)
    }
    guard abs(answer.value - mean) < 1e-4 else {
      if abs(answer.value + mean) < 1e-4 {
        return .failed("the sign is wrong: the first method's share less the second's")
      }
      if abs(answer.value - shares.0) < 1e-4 {
        return .failed("this is the first method's share alone; a difference is asked for")
      }
      if abs(answer.value - 100 * mean) < 1e-2 {
        return .failed("these are per cent; a difference of shares is asked for")
      }
      return .failed(
        "the value is not the difference of the two shares, taken on the items as they are")
    }
    guard answer.lower < answer.upper, answer.lower <= answer.value, answer.value <= answer.upper
    else { return .failed("the interval does not hold its own value") }
    let half = (answer.upper - answer.lower) / 2
    if isNear(half, paired, by: 0.14),
      abs((answer.upper + answer.lower) / 2 - mean) < 0.3 * paired
    {
      return .passed()
    }
    if isNear(half, apart, by: 0.15) {
      return .failed(
        "the two methods' items were drawn by themselves, and the interval is too wide: an item is a pair"
      )
    }
    if isNear(half, paired / 1.96, by: 0.15) {
      return .failed("the interval is one deviation to either side; 95 % reach further")
    }
    if isNear(half, paired * Double(gaps.count).squareRoot() / 1.96, by: 0.2)
      || isNear(half, paired * Double(gaps.count).squareRoot(), by: 0.2)
    {
      return .failed("this is how items differ, not how their mean would: means spread less")
    }
    return .failed(
      half > paired
        ? "the interval is too wide: as many items as there are, and 95 % of the means"
        : "the interval is too narrow: as many items as there are, with replacement, and 95 % of the means"
    )
  }
}
