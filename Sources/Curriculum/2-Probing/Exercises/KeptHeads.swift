import Coursework
import Interpretability
import Laboratory
import ProbingVocabulary
import Tensors
import Transformers

/// A relation between a country and something else, shown by examples: “Italy -> Rome ; Japan ->
/// Tokyo ; Peru ->”.
enum ShownRelation: Sendable {
  case continents, capitals

  /// How many of the reader's 24 heads are to be enough.
  static let enough = 6

  private static func pairs(_ relation: ShownRelation) -> [(String, String)] {
    ReaderCountry.all.filter { $0.name.count == 1 }.compactMap { country in
      let answer = relation == .continents ? country.continent : country.capital
      return answer.count == 1 ? (country.name[0], answer[0]) : nil
    }
  }

  /// Texts of three examples and a question, with the token that answers it.
  func texts(_ count: Int, using generator: inout SeededGenerator) -> [LabelledText] {
    let pairs = Self.pairs(self)
    return (0..<count).map { _ in
      let drawn = pairs.shuffled(using: &generator).prefix(4)
      let words = drawn.flatMap { [$0.0, "->", $0.1, ";"] }.dropLast(2)
      return LabelledText(
        tokens: ReaderVocabulary.encode(Array(words)),
        label: ReaderVocabulary.ids[drawn[drawn.count - 1].1]!)
    }
  }
}

/// Texts of all kinds that the reader has not learned from.
enum ReaderSample {
  private static let kinds: [ReaderKind] = [
    .facts, .narrative, .fewShot, .indirectObjects, .sequences, .idioms,
  ]

  /// Texts of six kinds in turn, the start token first, of 40 tokens at most and not all of one
  /// length.
  static func texts(_ count: Int, using generator: inout SeededGenerator) -> [[Int]] {
    var writer = ReaderWriter(split: .test, seed: generator.next())
    return (0..<count).map { index in
      Array(
        ReaderVocabulary.encode(writer.text(kinds[index % kinds.count]).words)
          .prefix(index % 2 == 0 ? 40 : 25))
    }
  }
}

/// Runs the model with the heads that were kept, on texts that the choice has not seen.
struct KeptHeadsJudge: Judge {
  private let key: ProbingSheet.PruningKey
  private let model: Transformer
  private let heads: [HeadAddress]
  /// The least loss of some sets of as many heads that were drawn at random.
  private let leastOfRandom: Double

  init(_ key: ProbingSheet.PruningKey) throws {
    self.key = key
    model = try PromptedModel.reader.made()
    heads = model.configuration.heads
    var generator = SeededGenerator(seed: 31)
    let (all, count, model) = (heads, key.question.count, model)
    leastOfRandom = try (0..<20).map { _ in
      try Self.loss(
        key.others, keeping: Set(all.shuffled(using: &generator).prefix(count)), of: all, in: model)
    }.min()!
  }

  /// The mean loss, in nats, of what follows each text, when all heads but some are silent.
  static func loss(
    _ texts: [LabelledText], keeping kept: Set<HeadAddress>, of heads: [HeadAddress],
    in model: Transformer
  ) throws -> Double {
    let (tokens, mask) = ModelInput.padding(
      texts.map(\.tokens), with: model.configuration.padToken)
    let logits = try model.run(
      ModelInput(tokens: tokens, mask: mask),
      intervening: HeadGates(heads).interventions(keeping: kept)
    ).logits
    let rows = texts.indices.map { logits[at: $0][at: texts[$0].tokens.count - 1] }
    return Double(Tensor.stack(rows).crossEntropy(targets: texts.map(\.label)).scalar)
  }

  func verdict(on answer: [HeadPlace]) throws -> Verdict {
    let count = key.question.count
    for place in answer
    where !heads.contains(where: { $0.layer == place.layer && $0.head == place.head }) {
      return .invalid("there is no head \(place.head) in layer \(place.layer); both count from 0")
    }
    let kept = Set(answer)
    if kept.count < answer.count { return .failed("a head is there twice") }
    if kept.count == heads.count - count {
      return .failed(
        "these are the heads to be silenced, it seems; the \(count) that are kept are asked for")
    }
    guard kept.count == count else {
      return .failed("there are \(kept.count) heads; \(count) are to be kept")
    }
    func loss(_ kept: Set<HeadPlace>) throws -> Double {
      try Self.loss(
        key.others,
        keeping: Set(heads.filter { kept.contains(HeadPlace(layer: $0.layer, head: $0.head)) }),
        of: heads, in: model)
    }
    let found = try loss(kept)
    guard found.isFinite else { return .failed("the model's answers are not finite") }
    if found <= Self.enoughLoss { return .passed() }
    let detail = "with these heads alone the loss is \(found) nats"
    if kept == (try mostMissedApart()) {
      return .failed(
        "each head was judged with all others at work; where two do the same, neither is missed "
          + "alone. Judge sets, or silence one after the other for good", detail: detail)
    }
    if found > leastOfRandom {
      return .failed(
        "with these heads alone the model does no better at the task than with some that are drawn at "
          + "random", detail: detail)
    }
    return .failed(
      "with these heads alone the model does worse at the task than it could: learn longer, or on "
        + "more texts", detail: detail)
  }

  /// What the loss may be, in nats: of sets that are drawn at random few in a hundred have as little.
  private static let enoughLoss = 0.6

  /// The heads without which, one at a time, the loss on the question's texts is greatest.
  private func mostMissedApart() throws -> Set<HeadPlace> {
    let losses = try heads.map { head in
      (
        HeadPlace(layer: head.layer, head: head.head),
        try Self.loss(
          key.question.examples, keeping: Set(heads).subtracting([head]), of: heads, in: model)
      )
    }
    return Set(losses.sorted { $0.1 > $1.1 }.prefix(key.question.count).map(\.0))
  }
}
