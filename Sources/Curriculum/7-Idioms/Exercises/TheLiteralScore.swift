import Coursework
import Foundation
import IdiomsVocabulary
import SheetTools
import Tensors

extension IdiomsSheet {
  /// 7.4: the counterpart, and how little two kinds of sentences differ.
  static let theLiteralScore = Exercise(
    "7.4", "The literal score", points: 4, difficulty: 3, importance: 5, minutes: 30,
    hints: [
      """
      What is the phrase of the literal score? All that is not the span. Which pairs count? Those of \
      which neither token is in the span.
      """,
      """
      So it is 7.3 with another set and another rule for pairs; write one function for both. A span \
      that is the whole sentence leaves nothing: nil.
      """,
      """
      The agreement has two halves that say different things. Correlation: means over sentences first, \
      then Pearson's r over heads. Separation: head by head, the difference of the two means over the \
      deviation that single sentences have.
      """,
      """
      `separation = (mean(a) - mean(b)) / ((variance(a) + variance(b)) / 2).squareRoot()`, with \
      variances that divide by the number of sentences. r is the mean product of standard scores.
      """,
    ],
    interpretation: """
      The thesis finds r = 0.96 between the scores on idioms and on literal paraphrases; in the reader it \
      is 0.99 over 24 heads. So the score ranks heads by something they do on *any* phrase. A high r \
      does not say that the two sets are alike, though: it is blind to a shift that all heads share. \
      That is what the separations are for. Before you call a head an idiom head, show sentences without \
      an idiom where it does not do it.
      """,
    cases: { generator in
      let heads = 6
      let kinds: [(String, Int, [Int], Int, Int, Float)] = [
        ("three tokens in the middle", 8, [3, 4, 5], 9, 7, 0),
        ("a broken span, scores that all shift", 9, [2, 3, 6], 6, 12, -0.4),
        ("the span is the whole sentence", 4, [0, 1, 2, 3], 5, 5, 0.2),
        ("a span at the beginning", 7, [0, 1], 8, 4, 0.1),
      ]
      return try kinds.enumerated().map { number, kind in
        let (name, length, span, first, second, shift) = kind
        let question = try drawn(
          using: &generator,
          { generator in
            let level = Tensor.randomNormal([heads, 1], standardDeviation: 0.3, using: &generator)
            return ScoreQuestion(
              head: randomHead(length, span: span, using: &generator),
              formal: level
                + .randomNormal([heads, first], standardDeviation: 0.2, using: &generator),
              literal: level
                + .randomNormal([heads, second], standardDeviation: 0.3, using: &generator) + shift)
          },
          // In the first every mistake shows; separations that all have one sign cannot lose it.
          until: { question in
            try agreementKey(question).isDecided(allowsSame: number > 0)
              && (isAll(question.head)
                || literalKey(question.head).isDecided(allowsSame: number > 0))
          })
        return Case(name, question)
      }
    },
    parts: [
      Part(IdiomsAsks.literalScore) { literalJudge($0.head) },
      Part(IdiomsAsks.agreement) { question in
        let judge = agreementKey(question).judge
        return Judgement { (found: Agreement) in
          let numbers = [found.correlation] + found.separations
          return try judge.verdict(on: Tensor(numbers.map { Float($0) }, shape: [numbers.count]))
        }
      },
    ])

  /// Whether the span is the whole sentence.
  private static func isAll(_ head: HeadOnSentence) -> Bool {
    head.span.count == head.pattern.shape[0]
  }

  private static func literalKey(_ head: HeadOnSentence) -> TensorKey {
    var one = ScoreOracle.literal
    one.counts = { !$0 || !$1 }
    var phrase = ScoreOracle.literal
    phrase.phrase = { $0 }
    return ScoreOracle(head).key(
      ScoreOracle.literal,
      mistakes: [
        ("pairs with one token in the span were counted; neither may be", one),
        (
          "phrase and result are still the span's; here the rest of the sentence is the phrase",
          phrase
        ),
        ("this is the idiom score", ScoreOracle.idiom),
      ])
  }

  private static func literalJudge(_ head: HeadOnSentence) -> Judgement<[ScoreParts]> {
    let (judge, isAll) = (literalKey(head).judge, isAll(head))
    return Judgement { answer in
      guard let parts = answer.first else {
        return isAll ? .passed() : .failed("there is a score: tokens stand outside the span")
      }
      guard !isAll else {
        return .failed("the span is the whole sentence, and nothing is left to score: nil")
      }
      return try judge.verdict(on: ScoreOracle.tensor(parts))
    }
  }

  private static func agreementKey(_ key: ScoreQuestion) -> TensorKey {
    let (a, b) = (key.formal.doubleRows, key.literal.doubleRows)
    typealias Numbers = DoubleCorrelation
    func variance(_ values: [Double], sample: Bool = false) -> Double {
      let square = pow(Numbers.deviation(values), 2)
      return sample ? square * Double(values.count) / Double(values.count - 1) : square
    }
    func separations(
      _ scale: ([Double], [Double]) -> Double = {
        ((pow(Numbers.deviation($0), 2) + pow(Numbers.deviation($1), 2)) / 2).squareRoot()
      }
    ) -> [Double] {
      zip(a, b).map { (Numbers.mean($0) - Numbers.mean($1)) / scale($0, $1) }
    }
    let r = Numbers.pearson(a.map(Numbers.mean), b.map(Numbers.mean))
    let right = separations()
    return TensorKey(
      [r] + right, shape: [right.count + 1], named: "the correlation, then the separations",
      axes: ["number"], tolerance: 1e-4
    ) {
      [
        Mistake(
          "the separations have the wrong sign: formal less literal", [r] + right.map { -$0 }),
        Mistake("the separations have lost their sign", [r] + right.map { abs($0) }),
        Mistake(
          "these are differences of means; divide each by the deviation of single sentences",
          [r] + separations { _, _ in 1 }
        ),
        Mistake(
          "variances were divided by one sentence less",
          [r]
            + separations {
              ((variance($0, sample: true) + variance($1, sample: true)) / 2).squareRoot()
            }
        ),
        Mistake(
          "a standard error was divided by: it shrinks with more sentences, and what is asked for does "
            + "not",
          [r]
            + separations {
              (variance($0) / Double($0.count) + variance($1) / Double($1.count)).squareRoot()
            }
        ),
        Mistake(
          "deviations were averaged; average the variances and take the root",
          [r] + separations { (Numbers.deviation($0) + Numbers.deviation($1)) / 2 }
        ),
        Mistake("the correlation is squared", [r * r] + right),
        Mistake(
          "the correlation is over all single scores; take each head's mean over sentences first",
          [
            Numbers.pearson(
              zip(a, b).flatMap { Array($0.prefix(min($0.count, $1.count))) },
              zip(a, b).flatMap { Array($1.prefix(min($0.count, $1.count))) })
          ] + right
        ),
      ]
    }
  }
}
