import Coursework
import Figures
import Interpretability
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

/// Pushes along the gender, by your direction and your flips: the direction comes from the first half
/// of each gender's sentences, and the second half is pushed.
struct GenderPushes {
  /// Where the vector is added, and which words it is taken from.
  enum Place { case noun, article }

  /// One push.
  struct Push {
    var block: Int
    var place: Place
    /// Whether the vector has the direction's length alone.
    var isRandom: Bool
    /// What the vector is multiplied by.
    var dose: Float
  }

  /// How many blocks the encoder has.
  let blocks: Int
  private let ask: Asking
  private let pool: PushPool
  private let width: Int

  init(_ ask: Asking) throws {
    self.ask = ask
    let model = try SheetTranslator.translator().model
    blocks = model.configuration.encoder!.layerCount
    width = model.configuration.width
    var generator = SeededGenerator(seed: 11)
    pool = try PushPool(ofEach: 24, using: &generator)
  }

  private func half(feminine: Bool, first: Bool) -> [PushPool.Member] {
    let members = pool.members(feminine: feminine)
    let middle = members.count / 2
    return Array(first ? members[..<middle] : members[middle...])
  }

  /// The share of articles that each push changes, with an interval over nouns.
  func shares(_ pushes: [Push]) throws -> [Estimate] {
    func position(_ member: PushPool.Member, _ place: Place) -> Int {
      place == .noun ? member.noun : member.article
    }
    let poles = try pushes.map { push in
      func vectors(feminine: Bool) throws -> Tensor {
        try pool.vectors(of: half(feminine: feminine, first: true), afterBlock: push.block) {
          position($0, push.place)
        }
      }
      return SentencesToPush(
        negative: try vectors(feminine: false), positive: try vectors(feminine: true),
        sentences: [], vector: Tensor(scalar: 0), layer: push.block)
    }
    let directions = try ask.all(ProbingAsks.direction, poles)
    let tested = [false, true].map { half(feminine: $0, first: false) }
    var questions: [SentencesToPush] = []
    for ((push, pole), direction) in zip(zip(pushes, poles), directions) {
      var vector = direction
      guard vector.shape == [width] else {
        throw FigureError("your direction has the shape \(vector.shape), and a vector is needed")
      }
      if push.isRandom {
        // The same for every dose.
        var generator = SeededGenerator(seed: 12 + UInt64(push.block))
        let noise = Tensor.randomNormal(vector.shape, using: &generator)
        vector = noise * ((vector * vector).sum() / (noise * noise).sum()).squareRoot()
      }
      for (members, sign) in zip(tested, [Float(1), -1]) {
        var question = pole
        question.sentences = members.map {
          PushedSentence(
            tokens: $0.words.tokens, positions: [position($0, push.place)], choices: pool.choices)
        }
        question.vector = vector * (sign * push.dose)
        questions.append(question)
      }
    }
    let flips = try ask.all(ProbingAsks.flips, questions)
    for (found, question) in zip(flips, questions) {
      try requireCount(found.count, question.sentences.count, of: "list of flips", for: "sentence")
    }
    // Sentences about one noun are not independent.
    let nouns = tested.joined().map { $0.words.tokens[$0.noun] }
    return pushes.indices.map { place in
      let both = flips[2 * place] + flips[2 * place + 1]
      return Bootstrap().mean(of: both.map { $0 ? 1 : 0 }, groups: nouns)
    }
  }
}
