import AttentionVocabulary
import Coursework
import Foundation
import Laboratory
import Models
import SheetTools
import Tensors
import Transformers

extension AttentionSheet {
  /// 1.7: heads of the reader that look one back, at copies, behind copies and at the name to come.
  static let detectHeads = Exercise(
    "1.7", "Detect", points: 5, difficulty: 3, importance: 5, minutes: 35,
    hints: [
      """
      Draw, for the text “a b a c”, the picture of a head that reads nothing but the token before, and \
      that of a head that looks behind earlier copies. In which rows is there a one?
      """,
      """
      That picture is D, a matrix `[query, key]` of 0 and 1. A row without a one says nothing about a \
      head: there is nothing for it to find. Leave such rows out, and padding with them.
      """,
      """
      Rows sum to 1. So the score is, over all rows of all texts in which D has a one, the mean of \
      Σⱼ A[i, j] · D[i, j]. Spread evenly, row i gives 1/n to each of the n keys that it may see: those \
      that are read, up to its own.
      """,
      """
      With `t = text.tokens` and only positions that are read: “previous” where j == i − 1, \
      “duplicate” where j < i and t[j] == t[i], “induction” where j ≤ i, j > 0 and t[j − 1] == t[i], and \
      “indirect object” in the last row that is read, at `text.indirectObject`. For `evenScores` make a \
      text whose pattern is even, and score it.
      """,
    ],
    interpretation: """
      Four numbers now stand for a picture you would have had to look at, for every head. In the reader \
      one head of layer 0 reads the token before, heads of the layers above look behind copies, and \
      others at the name that comes next; heads that look at copies themselves hardly exist there. Read \
      such numbers beside those of an even head: in a text that repeats itself, duplicates are \
      everywhere, and a head that looks nowhere in particular finds many. And a head that scores high \
      *looks like* an induction head on these texts; whether the model uses it as one is another \
      question, and 1.10 asks it.
      """,
    cases: { generator in
      let planted = PlantedHeads(using: &generator)
      return [
        Case(
          "heads made by hand, texts filled up to one length", question: planted.texts,
          key: DetectionKey(texts: planted.texts, planted: planted.scores)),
        try detectionCase("the reader on repeated words", .repeats, 3, using: &generator),
        try detectionCase("the reader on gifts", .indirectObjects, 4, using: &generator),
        Case(
          "a text of one token", question: [oneToken],
          key: DetectionKey(texts: [oneToken])),
      ]
    },
    parts: [
      Part(AttentionAsks.headScores) { DetectionReading($0).scoresJudge },
      Part(AttentionAsks.evenScores) { DetectionReading($0).evenJudge },
    ])

  /// Texts, and the scores of heads that were made to have them, or the names of a model's heads.
  struct DetectionKey {
    var texts: [ReadText]
    var planted: HeadScores?
    var heads: [String]?
  }

  private static let oneToken = ReadText(
    pattern: Tensor([1, 1], shape: [2, 1, 1]), tokens: [4], isRead: [true], indirectObject: nil)

  private static func detectionCase(
    _ name: String, _ kind: ReaderKind, _ count: Int, using generator: inout SeededGenerator
  ) throws -> Case<[ReadText], DetectionKey> {
    let texts = try ReadText.drawn(
      kind, count: count, longest: 30, seed: generator.next() >> 1)
    let heads = try LoadedModel.kept(EmbeddedModel.reader.name).model.configuration.headNames
    return Case(name, question: texts, key: DetectionKey(texts: texts, heads: heads))
  }
}

extension TransformerConfiguration {
  /// The heads of a model of a single stack, layer by layer: “L0H3”.
  var headNames: [String] {
    stacks.flatMap { _, stack in
      (0..<stack.layerCount).flatMap { layer in
        (0..<stack.headCount).map { "L\(layer)H\($0)" }
      }
    }
  }
}

extension ReadText {
  /// Texts that the reader has not learned from, with its attention: up to the name of the indirect
  /// object, which they name once, or whole.
  static func drawn(
    _ kind: ReaderKind, count: Int, longest: Int, seed: UInt64
  ) throws -> [ReadText] {
    var writer = ReaderWriter(split: .test, seed: seed)
    let model = try LoadedModel.kept(EmbeddedModel.reader.name).model
    var texts: [ReadText] = []
    while texts.count < count {
      let text = writer.text(kind)
      var words = text.words
      var place: Int?
      if kind == .indirectObjects {
        guard let plant = text.plants.first else { continue }
        words = text.prompt(of: plant)
        let name = text.answer(of: plant)
        guard name.count == 1, words.count(where: { $0 == name[0] }) == 1 else { continue }
        // The start token stands in front of all words.
        place = words.firstIndex(of: name[0])! + 1
      }
      guard words.count < longest else { continue }
      texts.append(
        try ReadText(
          of: model, tokens: ReaderVocabulary.encode(words), indirectObject: place))
    }
    return texts
  }

  /// A text with a model's attention of all layers, the heads in a row.
  init(of model: Transformer, tokens: [Int], indirectObject: Int?) throws {
    let layers = model.configuration.stacks[0].stack.layerCount
    let points = (0..<layers).map { HookPoint.pattern(.blocks, $0) }
    let trace = try model.run(ModelInput(tokens), capturing: .points(Set(points))).trace
    self.init(
      pattern: .concatenation(try points.map { try trace[$0][at: 0] }, axis: 0), tokens: tokens,
      isRead: tokens.map { _ in true }, indirectObject: indirectObject)
  }
}
