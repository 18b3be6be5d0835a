import Figures
import Interpretability
import Laboratory
import Tensors
import Tokenizers
import Transformers

/// A sentence that figures show, run through the translator once.
///
/// A model of a single stack reads the source alone.
struct FigureSentence: Sendable {
  let pair: SentencePair
  let trace: Trace
  /// What every stack reads.
  let input: ModelInput
  private let sourcePieces: [String]
  private let targetPieces: [String]
  private let translator: SheetTranslator

  init(_ pair: SentencePair, _ translator: SheetTranslator) throws {
    self.pair = pair
    self.translator = translator
    let configuration = translator.model.configuration
    func encode(_ text: String) throws -> [Int] {
      try translator.tokenizer.encode(text, addingSpecialTokens: true)
    }
    let source = try encode(pair.sourceText)
    let target = configuration.isEncoderDecoder ? try encode(pair.targetText) : []
    input = ModelInput(
      source,
      decoderTokens: target.isEmpty ? nil : [configuration.startToken] + target.dropLast())
    sourcePieces = translator.tokenizer.labels(of: source)
    targetPieces = translator.tokenizer.labels(of: target)
    trace = try translator.model.run(input, capturing: .everything).trace
  }

  /// The pair with the word of each piece.
  ///
  /// - Throws: `ModelError` when the model's pieces do not spell the words.
  func words() throws -> (pieced: PiecedPair, encoded: EncodedPair) {
    try translator.pieces(of: pair)
  }

  /// The ids that a stack reads.
  func tokens(_ stack: StackName) -> [Int] {
    stack == .decoder ? input.decoderTokens![0] : input.tokens[0]
  }

  /// The pieces that a stack reads, as labels.
  func labels(_ stack: StackName) -> [String] { stack == .decoder ? read : sourceLabels }

  /// The short sentence of most figures, “The brown dog ran.”, and its translation.
  static func brownDog() throws -> FigureSentence {
    try FigureSentence(
      SentencePair(
        Clause(
          noun(.the, "brown", "dog"), .past, .verb(Lexicon.verb("run")))),
      AttentionSheet.pictured())
  }

  /// A longer sentence, with a negation and two adjectives that change places.
  ///
  /// “The brown dog did not eat the red apples.” becomes “Le chien brun n'a pas mangé les pommes
  /// rouges.”
  static func redApples() throws -> FigureSentence {
    try FigureSentence(
      SentencePair(
        Clause(
          noun(.the, "brown", "dog"), .past,
          .verb(Lexicon.verb("eat"), object: noun(.the, "red", "apple", .plural)),
          isNegated: true)), AttentionSheet.pictured())
  }

  private static func noun(
    _ determiner: Determiner, _ adjective: String, _ noun: String,
    _ number: GrammaticalNumber = .singular
  ) -> Participant {
    .noun(
      NounPhrase(determiner, [Lexicon.adjective(adjective)], Lexicon.noun(noun), number))
  }

  /// A layer's attention, `[head, query, key]`.
  func pattern(_ stack: StackName, _ layer: Int, _ kind: AttentionKind = .own) throws -> Tensor {
    try trace[.pattern(stack, layer, kind)][at: 0]
  }

  /// The source's pieces as labels.
  var sourceLabels: [String] { sourcePieces.map(Self.label) }
  /// What each decoder row predicts.
  var predicted: [String] { targetPieces.map(Self.label) }
  /// What each decoder row reads.
  var read: [String] { ["start"] + predicted.dropLast() }

  /// A piece without the space before it, or its mark, which would stand before every word.
  private static func label(_ piece: String) -> String {
    "▁ ".contains(piece.prefix(1)) && piece.count > 1 ? String(piece.dropFirst()) : piece
  }
}

extension SheetTranslator {
  /// Sentences for averages: the corpus's own choice, none of them in training.
  static func sentences(_ count: Int) -> [SentencePair] {
    TranslatorCorpus().development(count: count)
  }

  /// Cross-attention between words, `[layer · head, targetWord, sourceWord]`.
  func crossBetweenWords(of pair: SentencePair) throws -> Tensor {
    let encoded = try pieces(of: pair).encoded
    return poolingPieces(
      try cross(of: pair), targetWords: encoded.targetWords, sourceWords: encoded.sourceWords)
  }

  /// For every head, the mean attention of a word to the words it is a translation of,
  /// `[layer · head]`.
  func goldAttention(of pair: SentencePair) throws -> [Double] {
    let cross = try crossBetweenWords(of: pair)
    let links = pair.links.filter { !$0.isPunctuation }
    let words = Set(links.map(\.target)).count
    return (0..<cross.shape[0]).map { head in
      links.reduce(0) { $0 + Double(cross[head, $1.target, $1.source]) } / Double(max(words, 1))
    }
  }

  /// The head of the last layer that looks most at what is being translated.
  func bestHead() throws -> Int {
    let heads = try decoder().headCount
    var sums = [Double](repeating: 0, count: heads)
    for pair in Self.sentences(12) {
      for (head, value) in try goldAttention(of: pair).suffix(heads).enumerated() {
        sums[head] += value
      }
    }
    return sums.indices.max { sums[$0] < sums[$1] } ?? 0
  }

  /// A list by layer and head as bars: a series a layer, a group a head.
  func barsByHead(_ values: [Float], named name: String, y: Axis) throws -> BarPlot {
    let decoder = try decoder()
    let heads = decoder.headCount
    try requireCount(values.count, decoder.layerCount * heads, of: name, for: "head")
    let series = (0..<decoder.layerCount).map { layer in
      BarPlot.Series(
        "layer \(layer)", values[(layer * heads)..<((layer + 1) * heads)].map(Double.init))
    }
    return BarPlot(
      groups: (0..<heads).map { "head \($0)" }, series, groupTitle: "cross-attention head", y: y)
  }
}

/// Stops a figure whose data, a student's answer, has not one entry each.
///
/// - Throws: `FigureError` with the sentence the student reads.
func requireCount(_ found: Int, _ expected: Int, of name: String, for element: String) throws {
  guard found == expected else {
    throw FigureError(
      "your \(name) has \(found) entries and needs one for every \(element), which are \(expected)"
    )
  }
}
