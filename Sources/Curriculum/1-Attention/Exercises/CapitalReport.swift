import AttentionVocabulary
import Foundation
import Tensors

/// What there is to say when the measurement is right: the numbers beside the guess.
struct CapitalReport {
  private let reading: CapitalReading
  private let heads: [MapOrigin: [String]]

  init(_ key: AttentionSheet.CapitalKey) {
    reading = CapitalReading(key.sets.measured)
    heads = key.heads
  }

  /// What is wrong with a guess as a guess, or nil: it has to be a link that the part has.
  static func problem(with guess: CapitalGuess) -> String? {
    guard place(guess.from, isLooking: true, in: guess.part) != nil,
      place(guess.to, isLooking: false, in: guess.part) != nil
    else {
      return """
        guess before you measure: `capitalPrediction` names a part, a word that looks and a word that \
        is looked at; in the encoder both are words of the question, in the decoder both of the \
        answer, and in cross-attention a word of the answer looks at one of the question
        """
    }
    return nil
  }

  /// The guess is repeated only in the words of the question and its answer: a message holds no text
  /// of the student's making.
  func sentence(guess: CapitalGuess) -> String {
    var sentence = "you guessed \(Self.name(guess.part)), "
    if let from = Self.place(guess.from, isLooking: true, in: guess.part),
      let to = Self.place(guess.to, isLooking: false, in: guess.part)
    {
      sentence += "from “\(from.name)” to “\(to.name)”"
      if let best = strongest(
        guess.part, reading.shares(guess.part, from: from.pieces, to: to.pieces))
      {
        sentence += ", where \(best.name) gives \(percent(best.share))"
      }
    }
    let links = [MapOrigin.encoder, .decoder, .cross].compactMap { part -> String? in
      strongest(part, reading.right(part)).map {
        "in \(Self.name(part)) \($0.name) with \(percent($0.share))"
      }
    }
    return sentence + "; most goes along the three links " + links.joined(separator: ", ")
  }

  private func strongest(_ part: MapOrigin, _ shares: [Double]) -> (name: String, share: Double)? {
    let names = heads[part] ?? []
    guard let best = shares.indices.max(by: { shares[$0] < shares[$1] }),
      names.indices.contains(best)
    else { return nil }
    return (names[best], shares[best])
  }

  private func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

  private static func name(_ part: MapOrigin) -> String {
    switch part {
    case .encoder: "the encoder"
    case .decoder: "the decoder"
    case .cross: "cross-attention"
    }
  }

  /// A word of the question or of the answer as a student spells it, its name, and its pieces in the
  /// rows or columns of a part; nil for any other word.
  private static func place(
    _ word: String, isLooking: Bool, in part: MapOrigin
  ) -> (name: String, pieces: CapitalReading.Pieces)? {
    let isSource = part == .encoder || part == .cross && !isLooking
    let wanted = word.lowercased().filter { !$0.isWhitespace && !"“”\"'".contains($0) }
    let words = isSource ? sourceWords : targetWords
    guard let (name, find) = words.first(where: { $0.name.lowercased() == wanted }) else {
      return nil
    }
    let index = { (question: CapitalQuestion) in find(question) ?? -1 }
    if isSource { return (name, CapitalReading.source(index)) }
    return (
      name,
      isLooking
        ? { Array(CapitalReading.target(index)($0).prefix(1)) } : CapitalReading.written(index)
    )
  }

  private typealias Word = (name: String, find: (CapitalQuestion) -> Int?)

  private static var sourceWords: [Word] {
    let named: [Word] = [("France", { $0.country }), ("capital", { $0.topic })]
    let others: [Word] = ["What", "Which", "city", "is", "the", "of", "?"].map { word in
      (word, { $0.pair.sourceWords.firstIndex(of: word) })
    }
    return named + others
  }

  private static var targetWords: [Word] {
    let named: [Word] = [("Paris", { $0.capital }), ("capital", { $0.answeredTopic })]
    let others: [Word] = ["The", "is", "."].map { word in
      (word, { $0.pair.targetWords.firstIndex(of: word) })
    }
    return named + others
  }
}
