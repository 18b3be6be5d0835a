import AttentionVocabulary
import Coursework
import Foundation
import Laboratory
import SheetTools
import Tensors
import Transformers

extension AttentionSheet {
  /// What is known of the sentences and of the lists.
  struct KnockoutKey {
    var sentences: [KnockoutSentence]
    /// Each head's mean attention to the gold source words, sentence after sentence.
    var attention: [Float]
    var heads: Int
    var lists: CorrelationLists
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
      `predicts[t]`: with `let logs = logits[at: 0].logSoftmax()`, add up `logs[t, predicts[t]]`.
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
      let translator = try SheetTranslator.translator()
      var (sentences, attention): ([KnockoutSentence], [Float]) = ([], [])
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
        if !isForeign {
          attention += try translator.goldAttention(of: pair).suffix(heads).map(Float.init)
        }
      }
      let lists = CorrelationLists(using: &generator)
      return [
        Case(
          "six sentences and six pairs of lists",
          question: KnockoutQuestion(sentences: sentences, lists: lists.pairs),
          key: KnockoutKey(
            sentences: sentences, attention: attention, heads: heads, lists: lists))
      ]
    },
    parts: [
      Part(AttentionAsks.headEffects, judge: effects),
      Part(AttentionAsks.correlation) { correlations($0.lists) },
    ])

  private static func effects(_ key: KnockoutKey) throws -> Judgement<[[Float]]> {
    var reading = KnockoutReading(model: try SheetTranslator.translator().model)
    for sentence in key.sentences { try reading.add(sentence) }
    let (effects, mistakes) = (reading.effects.map(Float.init), reading.mistakes)
    let expected = Expected(
      effects, tolerance: 2e-3, named: "the list of effects", of: "sentence and head"
    ) { mistakes }.praising(KnockoutReport(key, effects: effects).sentence)
    return Judgement { answer in
      guard answer.allSatisfy({ $0.count == key.heads }) else {
        return .invalid(
          "answer one effect for every head of the decoder's last cross-attention, and nothing else"
        )
      }
      return try expected.verdict(on: answer.flatMap(\.self))
    }
  }

  private static func correlations(_ lists: CorrelationLists) -> Judgement<[Float]> {
    let right = lists.expected
    let expected = Expected(
      right, tolerance: 2e-3, named: "the correlation", of: "pair of lists"
    ) { lists.mistakes }
    return Judgement { answer in
      let constants = lists.constant.filter { answer.indices.contains($0) }
      if constants.contains(where: { !answer[$0].isFinite }) {
        return .invalid(
          """
          the correlation with a list that is the same everywhere is 0/0; it is not defined, and \
          this exercise asks for 0 then
          """)
      }
      let verdict = try expected.verdict(on: answer)
      var others = answer
      if others.indices.contains(lists.distant) { others[lists.distant] = right[lists.distant] }
      if verdict.status != .passed, try expected.verdict(on: others).status == .passed {
        return .failed(
          """
          the correlation loses its digits where the values lie far from 0: subtract the means \
          before you multiply
          """, detail: verdict.detail)
      }
      return verdict
    }
  }
}

/// What there is to say when the effects are right: attention beside effect.
struct KnockoutReport {
  private let key: AttentionSheet.KnockoutKey
  private let effects: [Float]

  init(_ key: AttentionSheet.KnockoutKey, effects: [Float]) {
    self.key = key
    // The sentence with a foreign target stands last, and has no gold alignment.
    self.effects = Array(effects.prefix(key.attention.count))
  }

  var sentence: String {
    let heads = key.heads
    guard heads > 0, !effects.isEmpty, effects.count == key.attention.count else { return "right" }
    func mean(_ values: [Float], _ head: Int) -> Double {
      let own = stride(from: head, to: values.count, by: heads).map { Double(values[$0]) }
      return own.reduce(0, +) / Double(own.count)
    }
    let attention = (0..<heads).map { mean(key.attention, $0) }
    let effect = (0..<heads).map { mean(effects, $0) }
    let looks = (0..<heads).max { attention[$0] < attention[$1] } ?? 0
    let missed = (0..<heads).max { effect[$0] < effect[$1] } ?? 0
    let r = DoubleCorrelation.pearson(key.attention.map(Double.init), effects.map(Double.init))
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
