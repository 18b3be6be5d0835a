import CircuitsVocabulary
import Coursework
import Tensors
import Transformers

extension CircuitsSheet {
  /// 9.1: pairs that a model does, asked evenly; and what one token gives away.
  static let makeASet = Exercise(
    "9.1", "Make a set", points: 4, difficulty: 2, importance: 5, minutes: 30,
    hints: [
      """
      A circuit is found on texts, and is a circuit of these texts. Which pairs would make it a circuit \
      of something else: of guessing, of one frequent answer, of one place?
      """,
      """
      Filter first: equal lengths, the probability of the answer, that of any other token. Then count \
      how often each answer is left, and take as many of each as there are of the rarest.
      """,
      """
      `model(ModelInput(pair.clean)).softmax()[at: 0][at: pair.clean.count - 1].values` are the \
      probabilities behind the clean text. Set the answer's to 0 and the rest are the others'.
      """,
      """
      `Dictionary(grouping: good) { candidates[$0].answer }` keeps the order within a group. For the \
      guess: count the answers of all `other != index` with the same template and token, find the \
      greatest count, and see whether your pair's answer alone has it.
      """,
    ],
    interpretation: """
      A pair the model fails has no circuit to show. A set in which March is asked five times as often \
      as all else finds a circuit that says March. And where one token tells the answer, as the last \
      member of every sequence by one does, the circuit needs nothing else: take longer steps or other \
      templates beside it, and see which parts stay. Twins of unequal length cannot be told apart by \
      place at all.
      """,
    cases: { generator in
      try [("layer norm", CircuitModel.Norm.layer), ("RMS norm", .rootMeanSquare)].map {
        name, norm in
        // Each half is drawn by itself, or few draws would do for both.
        let alike = try drawing("9.1", using: &generator) { generator -> [TaskPair]? in
          let pairs = CircuitsSheet.alike(using: &generator)
          let right = guesses(pairs, .right)
          return guessMistakes(pairs).contains { $0.hides(behind: right) } ? nil : pairs
        }
        return try drawing("9.1", using: &generator) { generator in
          let model = CircuitModel.drawn(norm, layers: 2, using: &generator)
          let question = CandidatesOfModel(
            model: model, candidates: try candidates(of: model, using: &generator), least: 0.3,
            most: 0.4, alike: alike)
          let selection = try Selection(question)
          let right = selection.right
          guard (4...16).contains(right.count), !selection.withoutSure.isEmpty,
            !selection.mistakes.contains(where: { $0.hides(behind: right) })
          else { return nil }
          return Case(name, question)
        }
      }
    },
    parts: [
      Part(CircuitsAsks.selected) { (question: CandidatesOfModel) in
        let selection = try Selection(question)
        return Expected(selection.right, named: "the set", of: "place") { selection.mistakes }
      },
      Part(CircuitsAsks.guessable) { (question: CandidatesOfModel) in
        Expected(
          guesses(question.alike, .right), named: "the share", of: "position"
        ) { guessMistakes(question.alike) }
      },
    ])

  /// Texts that end in a few tokens, so that answers come again, with twins of which some are longer.
  private static func candidates(
    of spec: CircuitModel, using generator: inout SeededGenerator
  ) throws -> [TaskPair] {
    let model = try spec.made()
    func token(_ generator: inout SeededGenerator) -> Int {
      Int.random(in: 0..<CircuitModel.vocabulary, using: &generator)
    }
    let ends = (0..<3).map { _ in token(&generator) }
    let starts = (0..<2).map { _ in token(&generator) }
    return try (0..<36).map { index in
      let end = ends[min(Int.random(in: 0..<6, using: &generator) / 2, 2)]
      let clean = [starts.randomElement(using: &generator)!, token(&generator), end, end]
      let longer = index % 6 == 5
      let corrupted = (0..<(longer ? 5 : 4)).map { _ in token(&generator) }
      let logits = try model(ModelInput(clean))[at: 0]
      let answer = logits.slice(3..<4).argmax()[0]
      return TaskPair(
        clean: clean, corrupted: corrupted, answer: answer,
        foil: (answer + 1) % CircuitModel.vocabulary, template: 0)
    }
  }

  /// Sixteen pairs of two templates, in which some places give the answer away and some only seem to.
  private static func alike(using generator: inout SeededGenerator) -> [TaskPair] {
    let answers = Array((0..<41).shuffled(using: &generator).prefix(3))
    let names = Array((0..<41).shuffled(using: &generator).prefix(16))
    return (0..<16).map { index in
      let template = index % 2
      let answer = Int.random(in: 0..<3, using: &generator)
      // Another token for the same answer in each template.
      let hint = template == 0 ? answers[answer] : answers[(answer + 1) % 3]
      let loose =
        Int.random(in: 0..<3, using: &generator) == 0
        ? Int.random(in: 0..<3, using: &generator) : answer
      let clean = [
        names[index], answers[loose], hint, Int.random(in: 0..<2, using: &generator),
        Int.random(in: 0..<6, using: &generator),
      ]
      return TaskPair(
        clean: clean, corrupted: clean.reversed(), answer: answers[answer],
        foil: answers[(answer + 1) % 3], template: template)
    }
  }

  /// What stays of candidates, rightly and otherwise.
  private struct Selection {
    private let pairs: [TaskPair]
    private let isEqual: [Bool]
    private let isLikely: [Bool]
    private let hasRival: [Bool]
    /// Whether any token, the answer too, has more than another one may have.
    private let isSure: [Bool]
    /// The same as whether the pair is good, behind the first token.
    private let isGoodAtFirst: [Bool]

    init(_ question: CandidatesOfModel) throws {
      pairs = question.candidates
      isEqual = pairs.map { $0.clean.count == $0.corrupted.count }
      let model = try question.model.made()
      let shares = try pairs.map { try model(ModelInput($0.clean))[at: 0].softmax() }
      let rows = zip(shares, pairs).map { $0[at: $1.clean.count - 1].values }
      func isLikely(_ row: [Float], _ pair: TaskPair) -> Bool {
        row[pair.answer] >= question.least
      }
      func hasRival(_ row: [Float], _ pair: TaskPair) -> Bool {
        row.indices.contains { $0 != pair.answer && row[$0] > question.most }
      }
      self.isLikely = zip(rows, pairs).map(isLikely)
      self.hasRival = zip(rows, pairs).map(hasRival)
      isSure = rows.map { row in row.contains { $0 > question.most } }
      isGoodAtFirst = zip(shares, pairs).map { share, pair in
        let row = share[at: 0].values
        return pair.clean.count == pair.corrupted.count && isLikely(row, pair)
          && !hasRival(row, pair)
      }
    }

    private func balanced(_ kept: [Int], fromTheEnd: Bool = false) -> [Int] {
      let counts = Dictionary(kept.map { (pairs[$0].answer, 1) }, uniquingKeysWith: +)
      let rarest = counts.values.min() ?? 0
      var taken: [Int: Int] = [:]
      return (fromTheEnd ? kept.reversed() : kept).filter { index in
        taken[pairs[index].answer, default: 0] += 1
        return taken[pairs[index].answer]! <= rarest
      }.sorted()
    }

    private var good: [Int] {
      pairs.indices.filter { isEqual[$0] && isLikely[$0] && !hasRival[$0] }
    }

    var right: [Int] { balanced(good) }

    /// What stays when the answer too may not have more than others.
    var withoutSure: [Int] { balanced(good.filter { !isSure[$0] }) }

    var mistakes: [Mistake<[Int]>] {
      [
        Mistake(
          "the set is not balanced: every answer is asked as often as the rarest that is left", good
        ),
        Mistake(
          "twins of unequal length are among them; they cannot be compared position by position",
          balanced(pairs.indices.filter { isLikely[$0] && !hasRival[$0] })
        ),
        Mistake(
          "the probability of other tokens was not looked at: a rival may come close to the answer",
          balanced(pairs.indices.filter { isEqual[$0] && isLikely[$0] })
        ),
        Mistake(
          "the set was balanced before it was filtered, and the filter has upset the balance",
          balanced(Array(pairs.indices)).filter { good.contains($0) }
        ),
        Mistake(
          "of each answer the last pairs stayed; the first ones are asked for",
          balanced(good, fromTheEnd: true)
        ),
        Mistake(
          "the answer's own probability was taken for another token's; it may be as great as it likes",
          withoutSure
        ),
        Mistake(
          "the probabilities are those behind the first token; the answer comes behind the last",
          balanced(pairs.indices.filter { isGoodAtFirst[$0] })
        ),
      ].filter { !$0.answer.isEmpty }
    }
  }

  /// How a guess may be made.
  private enum Guess {
    case right, withItself, acrossTemplates, breakingTies, copying, corrupted, ofThoseGuessed
  }

  private static func guesses(_ pairs: [TaskPair], _ guess: Guess) -> [Float] {
    (0..<pairs[0].clean.count).map { place in
      func token(_ pair: TaskPair) -> Int {
        guess == .corrupted ? pair.corrupted[place] : pair.clean[place]
      }
      var (hits, guessed) = (0, 0)
      for (index, own) in pairs.enumerated() {
        if guess == .copying {
          hits += own.clean[place] == own.answer ? 1 : 0
          continue
        }
        var votes: [(answer: Int, count: Int)] = []
        for (other, pair) in pairs.enumerated() {
          guard other != index || guess == .withItself,
            pair.template == own.template || guess == .acrossTemplates,
            token(pair) == token(own)
          else { continue }
          if let known = votes.firstIndex(where: { $0.answer == pair.answer }) {
            votes[known].count += 1
          } else {
            votes.append((pair.answer, 1))
          }
        }
        let most = votes.map(\.count).max() ?? 0
        let best = votes.filter { $0.count == most }.map(\.answer)
        if best.count == 1 { guessed += 1 }
        if best == [own.answer] || guess == .breakingTies && best.contains(own.answer) { hits += 1 }
      }
      return Float(hits) / Float(guess == .ofThoseGuessed ? max(guessed, 1) : pairs.count)
    }
  }

  private static func guessMistakes(_ pairs: [TaskPair]) -> [Mistake<[Float]>] {
    [
      Mistake(
        "a pair was among those its own answer was guessed from; a token that comes once then tells "
          + "everything", guesses(pairs, .withItself)
      ),
      Mistake(
        "pairs of other templates were looked at; the same token may mean something else there",
        guesses(pairs, .acrossTemplates)
      ),
      Mistake(
        "where two answers are as frequent nothing is guessed", guesses(pairs, .breakingTies)
      ),
      Mistake(
        "this is a share of the pairs for which something is guessed; it is one of all pairs",
        guesses(pairs, .ofThoseGuessed)
      ),
      Mistake(
        "the corrupted texts were looked at; the answer is that of the clean one",
        guesses(pairs, .corrupted)
      ),
      Mistake(
        "this is how often the token is the answer; a token may tell it without being it",
        guesses(pairs, .copying)
      ),
    ]
  }
}
