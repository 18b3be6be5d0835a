import Coursework
import IdiomsVocabulary
import Tensors
import Transformers

extension IdiomsSheet {
  /// 7.8: whether the model finishes the idiom by itself.
  static let awareness = Exercise(
    "7.8", "Awareness", points: 4, difficulty: 2, importance: 4, minutes: 20,
    hints: [
      "Which position of a run says what the model would put in the place of the last word?",
      """
      The one before it. The run may be of the whole sentence: a causal model does not see what comes \
      later.
      """,
      """
      A last word of several pieces is completed when every piece is the first choice after the pieces \
      before it. While all are right so far, greedy decoding stands just where the sentence does.
      """,
      """
      `let choice = try model(ModelInput(sentence.tokens))[at: 0].argmax()`, and \
      `sentence.lastWord.allSatisfy { choice[$0 - 1] == sentence.tokens[$0] }`.
      """,
    ],
    interpretation: """
      In the thesis Pythia-1.4B completes 43 % of idioms and 12 % of literal sentences, and the \
      difference is called awareness. The reader, whose training texts hold its sixty idioms again and \
      again, completes 100 % and 8 %. But ask what would complete a phrase without any awareness: a table of \
      word triples would. The control is another frequent phrase that is no idiom.
      """,
    cases: { generator in
      var cases: [Case<SentencesOfModel, SentencesOfModel>] = []
      for (name, pieces) in [("last words of one token", 1), ("last words in pieces", 3)] {
        let spec = IdiomsModel(using: &generator)
        let model = try spec.made()
        cases.append(
          Case(
            name,
            SentencesOfModel(
              model: spec,
              sentences: try plantedSentences(model, pieces: pieces, using: &generator))))
      }
      let idioms = idiomTexts(.formal, count: 4, using: &generator)
      let literal = idiomTexts(.literal, count: 4, using: &generator)
      let question = SentencesOfModel(
        model: .reader, sentences: (idioms + literal).shuffled(using: &generator))
      return cases + [Case("the reader, idioms and literal uses", question)]
    },
    parts: [Part(IdiomsAsks.completes) { try awarenessJudge($0) }])

  /// Sentences whose tokens from the span on are the model's first choices, or are not, so that every
  /// way to ask the wrong place gives another list.
  private static func plantedSentences(
    _ model: Transformer, pieces: Int, using generator: inout SeededGenerator
  ) throws -> [IdiomSentence] {
    let (all, none) = (
      Array(repeating: true, count: pieces), Array(repeating: false, count: pieces)
    )
    let (first, last) = ([true] + none.dropFirst(), pieces > 1 ? none.dropFirst() + [true] : none)
    // What is a first choice: the span before its last word, the word, what follows, and the end.
    let plans: [(span: Bool, word: [Bool], next: Bool, end: Bool)] = [
      (true, all, true, false), (false, none, false, true), (false, first, false, false),
      (false, last, true, false), (false, all, false, true), (true, none, false, true),
      (true, first, true, true), (false, last, true, false),
    ]
    return try plans.shuffled(using: &generator).map { plan in
      while true {
        let before = (0..<Int.random(in: 3...5, using: &generator)).map { _ in
          Int.random(in: 0..<IdiomsModel.vocabulary, using: &generator)
        }
        var (tokens, isClear) = (before, true)
        for isRight in [plan.span, plan.span] + plan.word + [plan.next, plan.end] {
          let row = try model(ModelInput(tokens))[at: 0][at: tokens.count - 1].values
          let order = row.indices.sorted { row[$0] > row[$1] }
          isClear = isClear && row[order[0]] - row[order[1]] > 0.01
          tokens.append(order[isRight ? 0 : Int.random(in: 1...4, using: &generator)])
        }
        let word = before.count + 2
        guard isClear else { continue }
        return IdiomSentence(
          tokens: tokens, span: Array(before.count..<(word + pieces)),
          lastWord: Array(word..<(word + pieces)))
      }
    }
  }

  private static func awarenessJudge(_ key: SentencesOfModel) throws -> Expected<[Bool]> {
    let model = try key.model.made()
    func each(_ isGreedy: (IdiomSentence, (Int, Int) -> Bool) -> Bool) throws -> [Bool] {
      try key.sentences.map { sentence in
        let logits = try model(ModelInput(sentence.tokens))[at: 0]
        return isGreedy(sentence) { position, token in
          guard position >= 0, token < sentence.tokens.count else { return false }
          let row = logits[at: position].values
          return row.firstIndex(of: row.max()!) == sentence.tokens[token]
        }
      }
    }
    return Expected(
      try each { sentence, says in sentence.lastWord.allSatisfy { says($0 - 1, $0) } },
      named: "the list", of: "sentence"
    ) {
      [
        Mistake(
          "the row of the last word itself was read; the row before it says what comes in its place",
          try each { sentence, says in sentence.lastWord.allSatisfy { says($0, $0) } }
        ),
        Mistake(
          "what follows the span was asked for; its last word is meant",
          try each { sentence, says in
            let end = sentence.span[sentence.span.count - 1]
            return says(end, end + 1)
          }
        ),
        Mistake(
          "the sentence's last token was asked for; the span's last word is meant",
          try each { sentence, says in says(sentence.tokens.count - 2, sentence.tokens.count - 1) }
        ),
        Mistake(
          "all of the span was asked for; its last word is meant",
          try each { sentence, says in sentence.span.allSatisfy { says($0 - 1, $0) } }
        ),
        Mistake(
          "the first piece of the last word is right, but the word goes on",
          try each { sentence, says in says(sentence.lastWord[0] - 1, sentence.lastWord[0]) }
        ),
        Mistake(
          "the last piece alone was asked for; the word begins before it",
          try each { sentence, says in
            let last = sentence.lastWord[sentence.lastWord.count - 1]
            return says(last - 1, last)
          }
        ),
        Mistake(
          "one right piece does not make the word; all are needed",
          try each { sentence, says in sentence.lastWord.contains { says($0 - 1, $0) } }
        ),
        Mistake(
          "true and false are exchanged",
          try each { sentence, says in !sentence.lastWord.allSatisfy { says($0 - 1, $0) } }
        ),
        Mistake(
          "the span was given without what stands before it; the sentence's beginning is part of the "
            + "question",
          try key.sentences.map { sentence in
            let start = sentence.span[0]
            let tokens = Array(sentence.tokens[start...])
            guard sentence.lastWord[0] > start else { return false }
            let choice = try model(ModelInput(tokens))[at: 0].argmax()
            return sentence.lastWord.allSatisfy { choice[$0 - start - 1] == sentence.tokens[$0] }
          }
        ),
      ]
    }
  }
}
