import Coursework
import Foundation
import Laboratory
import Tensors
import Transformers

extension AttentionSheet {
  /// Sentences to knock heads out on, and lists to correlate.
  struct KnockoutQuestion: Codable, Sendable {
    var sentences: [KnockoutSentence]
    var lists: [ListPair]
  }

  /// One sentence as token ids.
  struct KnockoutSentence: Codable, Sendable {
    var source: [Int]
    var decoderTokens: [Int]
    var predicts: [Int]

    var input: ModelInput { ModelInput(source, decoderTokens: decoderTokens) }
  }

  /// Two lists of one length.
  struct ListPair: Codable, Sendable {
    var x: [Float]
    var y: [Float]
  }

  /// Effects of every head on every sentence, and a correlation of every pair of lists; nil where
  /// a stub is untouched.
  struct KnockoutAnswer: Codable, Sendable {
    var effects: [[Float]]?
    var correlations: [Float]?
  }

  /// What is right, what mistakes give, and what attention would have said.
  struct KnockoutKey: Codable, Sendable {
    /// By how many nats, sentence after sentence, head after head.
    var effects: [Float]
    var effectMistakes: [Mistake]
    /// Each head's mean attention to the gold source words, in the same order.
    var attention: [Float]
    var heads: Int
    var correlations: [Float]
    var correlationMistakes: [Mistake]
    /// Which pairs have a list without spread.
    var constant: [Int]
    /// Which pair lies so far from 0 that Float runs out of digits unless means are subtracted.
    var distant: Int
  }

  /// 1.10: what is lost without a head, beside how much it attended.
  static let notExplanation = Exercise(
    "1.10", "Attention is not explanation", points: 4, difficulty: 4, importance: 5, minutes: 30,
    timeLimit: 20,
    hints: [
      """
      Run the sentence twice: once as it is, once without one head. What has become of the \
      log-probability of the French sentence? The difference is what that head was worth here.
      """,
      """
      The log-probability of a sentence is the sum over its tokens. Row t of the logits predicts \
      `predicts[t]`: `logits[at: 0].logSoftmax().gatheringColumns(predicts).sum().scalar`.
      """,
      """
      `Intervention.zeroHead(head, of: .cross, in: .decoder, layer: last)` takes a head out for one \
      run; `last` is `model.configuration.decoder!.layerCount - 1`. One head at a time; the effect \
      is clean minus zeroed, so it is positive when the head helped.
      """,
      """
      For Pearson: subtract each list's mean first, then Σ x·y / √(Σ x² · Σ y²), best in Double. \
      When a list is the same everywhere the root is 0: answer 0 then.
      """,
    ],
    interpretation: """
      If attention explained what the model does, the heads that look hardest at the right word \
      would be the ones it cannot do without, and the correlation above would be near 1. Look at \
      yours. A head can point at the right word while others point there too, so that nobody \
      misses it; another looks at nothing in particular and carries what the rest rely on. \
      Attention says where a head reads, not what it reads there, nor whether anybody uses it. \
      Removing is no perfect judge either: a zero is nothing the model was trained with, and heads \
      that fill in for each other all look harmless one at a time.
      """,
    cases: { generator in
      let translator = try AttentionSheet.translator()
      var (sentences, attention): ([KnockoutSentence], [Float]) = ([], [])
      var reading = KnockoutReading(model: translator.model)
      let heads = translator.model.configuration.decoder!.headCount
      let pairs = translator.pairs(count: 6, using: &generator)
      for (index, pair) in pairs.enumerated() {
        let encoded = try EncodedPair(pair, tokenizer: translator.tokenizer)
        // The last sentence is given a translation that is not its own, which the model would not
        // choose: what counts is the target that is asked for.
        let isForeign = index == pairs.count - 1
        let target =
          isForeign
          ? try EncodedPair(pairs[0], tokenizer: translator.tokenizer).target
          : encoded.target
        let sentence = KnockoutSentence(
          source: encoded.source,
          decoderTokens: [translator.model.configuration.startToken] + target.dropLast(),
          predicts: target)
        sentences.append(sentence)
        try reading.add(sentence)
        if !isForeign {
          attention += try translator.goldAttention(of: pair).suffix(heads).map(Float.init)
        }
      }
      let lists = CorrelationLists(using: &generator)
      let key = KnockoutKey(
        effects: reading.effects.map(Float.init), effectMistakes: reading.mistakes,
        attention: attention, heads: heads,
        correlations: lists.expected, correlationMistakes: lists.mistakes,
        constant: lists.constant, distant: lists.distant)
      return [
        Case(
          "six sentences and six pairs of lists",
          question: KnockoutQuestion(sentences: sentences, lists: lists.pairs), key: key)
      ]
    },
    ask: { answers, question in
      let model = try AttentionSheet.translator().model
      return KnockoutAnswer(
        effects: try unlessUnanswered {
          try question.sentences.map {
            try answers.headEffects(in: model, input: $0.input, predicts: $0.predicts)
          }
        },
        correlations: try unlessUnanswered {
          try question.lists.map { try answers.correlation($0.x, $0.y) }
        })
    },
    verify: { key, answer in judge(answer, key) })

  private static func judge(_ answer: KnockoutAnswer, _ key: KnockoutKey) -> Verdict {
    if answer.effects == nil && answer.correlations == nil { return .unanswered }
    let verdict = Verdict.combining([
      answer.effects.map { judge(effects: $0, key) }
        ?? .failed("`headEffects` is not answered yet"),
      answer.correlations.map { judge(correlations: $0, key) }
        ?? .failed("`correlation` is not answered yet"),
    ])
    return verdict.status == .passed ? .passed(KnockoutReport(key).sentence) : verdict
  }

  private static func judge(effects: [[Float]], _ key: KnockoutKey) -> Verdict {
    guard effects.allSatisfy({ $0.count == key.heads }) else {
      return .invalid(
        "answer one effect for every head of the decoder's last cross-attention, and nothing else")
    }
    return .compare(
      effects.flatMap { $0 }, to: key.effects, knowing: key.effectMistakes, tolerance: 2e-3,
      named: "the list of effects", of: "sentence and head")
  }

  private static func judge(correlations: [Float], _ key: KnockoutKey) -> Verdict {
    let constants = key.constant.filter { correlations.indices.contains($0) }
    if constants.contains(where: { !correlations[$0].isFinite }) {
      return .invalid(
        """
        the correlation with a list that is the same everywhere is 0/0; it is not defined, and \
        this exercise asks for 0 then
        """)
    }
    let verdict = Verdict.compare(
      correlations, to: key.correlations, knowing: key.correlationMistakes, tolerance: 2e-3,
      named: "the correlation", of: "pair of lists")
    var others = correlations
    if others.indices.contains(key.distant) { others[key.distant] = key.correlations[key.distant] }
    if verdict.status != .passed,
      Verdict.compare(others, to: key.correlations, tolerance: 2e-3, named: "").status == .passed
    {
      return .failed(
        """
        the correlation loses its digits where the values lie far from 0: subtract the means \
        before you multiply
        """, detail: verdict.detail)
    }
    return verdict
  }
}

/// What there is to say when both answers are right: attention beside effect.
struct KnockoutReport {
  private let key: AttentionSheet.KnockoutKey

  init(_ key: AttentionSheet.KnockoutKey) { self.key = key }

  var sentence: String {
    let heads = key.heads
    // The sentence with a foreign target stands last, and has no gold alignment.
    let effects = Array(key.effects.prefix(key.attention.count))
    guard heads > 0, !effects.isEmpty, effects.count == key.attention.count else { return "right" }
    func mean(_ values: [Float], _ head: Int) -> Double {
      let own = stride(from: head, to: values.count, by: heads).map { Double(values[$0]) }
      return own.reduce(0, +) / Double(own.count)
    }
    let attention = (0..<heads).map { mean(key.attention, $0) }
    let effect = (0..<heads).map { mean(effects, $0) }
    let looks = (0..<heads).max { attention[$0] < attention[$1] } ?? 0
    let missed = (0..<heads).max { effect[$0] < effect[$1] } ?? 0
    let r = CorrelationLists.pearson(key.attention.map(Double.init), effects.map(Double.init))
    func described(_ head: Int) -> String {
      "\(rounded(attention[head] * 100, 0)) %, \(rounded(effect[head], 2)) nats"
    }
    let start =
      "attention on the gold source words and effect correlate at r = \(rounded(r, 2)) over "
      + "\(effects.count / heads) sentences × \(heads) heads; head \(looks) looks most at the gold "
      + "words (\(described(looks)))"
    return looks == missed
      ? start + " and is also the one missed most"
      : start + ", the head missed most is \(missed) (\(described(missed)))"
  }

  private func rounded(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }
}
