import Figures
import Interpretability
import Laboratory
import Tensors
import Transformers

/// A sentence that figures show, run through the translator once.
struct FigureSentence: Sendable {
  let pair: SentencePair
  let pieced: PiecedPair
  let encoded: EncodedPair
  let trace: Trace

  init(_ pair: SentencePair, _ translator: SheetTranslator) throws {
    self.pair = pair
    (pieced, encoded) = try translator.pieces(of: pair)
    trace = try translator.run(pair, capturing: .everything).trace
  }

  /// The short sentence of most figures, “The brown dog ran.”, and its translation.
  static let brownDog = Result {
    try FigureSentence(
      SentencePair(
        Clause(
          noun(.the, "brown", "dog"), .past, .verb(Lexicon.verb("run")))), translator())
  }

  /// A longer sentence, with a negation and two adjectives that change places.
  ///
  /// “The brown dog did not eat the red apples.” becomes “Le chien brun n'a pas mangé les pommes
  /// rouges.”
  static let redApples = Result {
    try FigureSentence(
      SentencePair(
        Clause(
          noun(.the, "brown", "dog"), .past,
          .verb(Lexicon.verb("eat"), object: noun(.the, "red", "apple", .plural)),
          isNegated: true)), translator())
  }

  private static func noun(
    _ determiner: Determiner, _ adjective: String, _ noun: String,
    _ number: GrammaticalNumber = .singular
  ) -> Participant {
    .noun(
      NounPhrase(determiner, [Lexicon.adjective(adjective)], Lexicon.noun(noun), number))
  }

  private static func translator() throws -> SheetTranslator { try AttentionSheet.translator() }

  /// A layer's attention, `[head, query, key]`.
  func pattern(_ stack: StackName, _ layer: Int, _ kind: AttentionKind = .own) throws -> Tensor {
    try trace[.pattern(stack, layer, kind)][at: 0]
  }

  /// The source's pieces as labels.
  var sourceLabels: [String] { pieced.sourcePieces.map(Self.label) }
  /// What each decoder row predicts.
  var predicted: [String] { pieced.targetPieces.map(Self.label) }
  /// What each decoder row reads.
  var read: [String] { ["start"] + predicted.dropLast() }

  /// A piece without the mark of the space before it, which would stand before every word.
  private static func label(_ piece: String) -> String {
    piece.hasPrefix("▁") && piece.count > 1 ? String(piece.dropFirst()) : piece
  }
}

extension SheetTranslator {
  /// Sentences for averages: the corpus's own choice, none of them in training.
  static func sentences(_ count: Int) -> [SentencePair] {
    TranslatorCorpus().development(count: count)
  }

  /// Cross-attention between words, `[layer · head, targetWord, sourceWord]`.
  func crossBetweenWords(of pair: SentencePair) throws -> Tensor {
    let encoded = try EncodedPair(pair, tokenizer: tokenizer)
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
    let heads = model.configuration.decoder!.headCount
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
    let decoder = model.configuration.decoder!
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
