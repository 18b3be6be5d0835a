import Circuits
import Foundation
import Laboratory
import Spans
import Tensors
import Transformers

extension MeasuredModel {
  /// Texts of the reader's world as tokens, which are plain English sentences for any other model; of
  /// the reader of tours, tours.
  func texts(_ count: Int, split: ReaderSplit = .test, seed: UInt64) throws -> [[Int]] {
    var writer = ReaderWriter(split: split, seed: seed)
    let kinds: [ReaderKind] =
      kind == .tours ? [.tours] : [.facts, .narrative, .idioms, .twoHops]
    let limit = configuration.maximumLength ?? .max
    return try (0..<count).map { index in
      Array(try ids(writer.text(kinds[index % kinds.count]).words).prefix(limit))
    }
  }

  /// Lists in which words that were predicted have come already: tours.
  func tours(_ count: Int, seed: UInt64) throws -> [[Int]] {
    var writer = ReaderWriter(split: .test, seed: seed)
    return try (0..<count).map { _ in try ids(writer.text(.tours).words) }
  }

  /// A fact in a sentence that ends before the answer.
  struct Fact {
    var tokens: [Int]
    /// The positions of the subject's tokens.
    var subject: [Int]
    var answer: Int
  }

  /// Facts that the model knows, each of another subject: what people do, for a reader; capitals, for
  /// any other.
  func knownFacts(_ count: Int) throws -> [Fact] {
    var found: [Fact] = []
    let world = ReaderWorld.standard
    let facts = world.facts(kind == .reader ? .profession : .capital)
    let order = facts.indices.map { $0 * 37 % facts.count }
    for index in order where found.count < count {
      try check()
      let fact = facts[index]
      let before = kind == .reader ? [] : ["The", "capital", "of"]
      let after = kind == .reader ? ["works", "as", "a"] : ["is"]
      guard let answer = token(fact.answer[0]), fact.answer.count == 1 || !readsWords else {
        continue
      }
      let start =
        before.isEmpty
        ? try ids(fact.subject).count - fact.subject.count
        : try ids(before).count
      let end = try ids(before + fact.subject).count
      let tokens = try ids(before + fact.subject + after)
      guard start < end, try next(tokens).token == answer,
        found.allSatisfy({ $0.tokens != tokens })
      else { continue }
      found.append(Fact(tokens: tokens, subject: Array(start..<end), answer: answer))
    }
    guard found.count >= 6 else {
      throw NotAsked("\(name) knows \(found.count) of the facts that are asked, too few to measure")
    }
    return found
  }

  /// Pairs of a built-in task that the model reads in tokens alike in number, and does.
  ///
  /// - Throws: ``NotAsked`` when there are fewer than eight.
  func pairs(_ task: String, _ count: Int, seed: UInt64 = 0) throws -> TaskSet {
    let builtIn = ReaderTask.all.first { $0.name == task }!
    let read = try builtIn.texts(6 * count, seed: seed).compactMap { texts -> TaskSet.Pair? in
      guard let answer = token(texts.answer), let foil = token(texts.foil), answer != foil else {
        return nil
      }
      let (clean, corrupted) = (try ids(texts.clean), try ids(texts.corrupted))
      guard clean.count == corrupted.count else { return nil }
      return TaskSet.Pair(
        clean: clean, corrupted: corrupted, answer: answer, foil: foil, template: texts.template)
    }
    try check()
    // What was not made of these words alone has more ways to go on: “to the”, “to her”.
    let least = readsWords ? builtIn.leastProbability : builtIn.leastProbability / 5
    let done =
      read.isEmpty
      ? TaskSet([])
      : try TaskSet(read).filtered(on: model, answer: least).balanced(to: count)
    guard done.pairs.count >= min(8, count) else {
      throw NotAsked(
        "\(name) does \(done.pairs.count) of \(read.count) pairs of the task \(task) that it can "
          + "read, too few to measure")
    }
    return done
  }

  /// What the span of a sentence is.
  enum IdiomUse { case idiom, literal, meaning }

  /// Idioms of several words in their situations, or literal uses or meanings in their place.
  func idiomSentences(_ use: IdiomUse, _ count: Int) throws -> [SpanTokens] {
    let names = ["Anna", "Paul", "Maria", "Thomas"]
    let phrases = ReaderIdiom.all.filter {
      $0.words.count > 1 && $0.literal.count > $0.lead.count
    }
    return try phrases.prefix(count).enumerated().map { index, idiom in
      let name = names[index % names.count]
      let pronoun = idiom.isAboutThings ? "it" : name.hasSuffix("a") ? "she" : "he"
      var before = idiom.situation.enumerated().map { place, word in
        word == "{n}" ? name : place == 0 ? word.prefix(1).uppercased() + word.dropFirst() : word
      }
      before += [",", "and", pronoun]
      let span: [String]
      switch use {
      case .idiom: (before, span) = (before + idiom.lead, idiom.words)
      case .literal:
        (before, span) = (before + idiom.lead, Array(idiom.literal.dropFirst(idiom.lead.count)))
      case .meaning: span = idiom.meaning
      }
      let places = Array(before.count..<(before.count + span.count))
      let words = before + span + ["."]
      guard readsWords else {
        return try SpanTokens(SpanText(words: words, span: places), tokenizer: tokenizer)
      }
      return try SpanTokens(
        tokens: ReaderVocabulary.encode(words), span: places.map { $0 + 1 })
    }
  }
}

extension Array {
  /// Those of even and those of odd places: to choose by, and to measure on.
  var halves: (first: [Element], second: [Element]) {
    (
      indices.filter { $0 % 2 == 0 }.map { self[$0] },
      indices.filter { $0 % 2 == 1 }.map { self[$0] }
    )
  }
}

extension [Double] {
  /// The place of the greatest; the first of equals.
  var greatest: Int { indices.max { (self[$0], -$0) < (self[$1], -$1) }! }
}
