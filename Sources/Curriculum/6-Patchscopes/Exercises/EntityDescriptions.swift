import Coursework
import Foundation
import Laboratory
import PatchscopesVocabulary
import SheetTools
import Tensors
import Transformers

extension PatchscopesSheet {
  /// 6.8: let the model write about what a state stands for.
  static let descriptions = Exercise(
    "6.8", "Describe the entity", points: 4, difficulty: 4, importance: 3, minutes: 30,
    hints: [
      """
      A state with learned positions holds where it stood. At which position must the entity end in its \
      own text, so that it looks at home at the placeholder? And when the model has written one word and \
      reads everything again, is the patch still there?
      """,
      """
      Put as many tokens of the filler in front of the entity as make its last token's index the \
      placeholder's: `placeholder + 1 − entity.count`. Padding with a mask would not do: positions are \
      not counted from padding.
      """,
      """
      `model.generate(from: prompt, maximumNewTokens: count, usingCache: false, intervening: [patch])`: \
      with a cache an intervention sees only the new token, and the placeholder is none of them.
      """,
      """
      For each of `residualPoints`: capture the source's state at `placeholder`, overwrite the prompt's \
      at the same point and position, and generate.
      """,
    ],
    interpretation: """
      In Vicuna 13B descriptions come right in the very first layers, in which a name of several words \
      is put together. Our reader describes a country at layer 0 alone, and a person, whose name is not \
      yet one there, at none: it has read “door :” by the end of its first block, and writes “a kind \
      of …”, the prompt's own entry, whatever the state. Fluent, and invented: the prompt always writes \
      something.
      """,
    cases: { generator in
      var cases: [Case<EntityToDescribe, EntityToDescribe>] = []
      for (name, entity, placeholder, count, ends) in [
        ("one token", 1, 5, 3, false), ("two tokens", 2, 4, 3, false),
        ("three tokens", 3, 6, 3, false), ("an end token", 1, 5, 4, true),
      ] {
        let question = try drawn(
          using: &generator,
          { generator in
            var question = EntityToDescribe(
              model: ScopeModel(.small, using: &generator),
              entity: ScopeModel.text(entity, using: &generator),
              filler: ScopeModel.text(12, using: &generator),
              prompt: ScopeModel.text(placeholder + 2, using: &generator),
              placeholder: placeholder,
              count: count)
            if ends {
              // One that the model comes to before all tokens are written.
              question.model.endToken = try DescriptionKey(question).right
                .flatMap { $0.dropLast() }.randomElement(using: &generator)
            }
            return question
          }, until: { try DescriptionKey($0).isDecided() })
        cases.append(Case(name, question))
      }
      let country = ReaderWorld.standard.plainCountries.randomElement(using: &generator)!
      cases.append(Case("the reader", describing(country.name, count: 4)))
      return cases
    },
    parts: [Part(PatchscopesAsks.descriptions) { try DescriptionKey($0).judge() }])

  /// The prompt of the reader's descriptions: three others, and the placeholder.
  static let descriptionPrompt = readerTokens(
    "Syria : a country in the Middle East ; Vienna : the capital of Austria ; hammer : a kind of tool ; door :"
  )
  /// What stands before an entity that is to be described.
  static let filler = readerTokens(
    "The teacher met the old man near the river . The teacher met the old man near the river . The teacher "
      + "met the old man")

  static func describing(
    _ name: [String], count: Int, model: ScopeModel = .reader
  ) -> EntityToDescribe {
    EntityToDescribe(
      model: model, entity: name.map(readerToken), filler: filler, prompt: descriptionPrompt,
      placeholder: descriptionPrompt.count - 2, count: count)
  }
}

/// Texts written with a state of every layer, right and wrong.
private struct DescriptionKey {
  private let question: EntityToDescribe
  private let model: Transformer
  private(set) var right: [[Int]] = []
  /// By how much the best token wins at least.
  private var margin = Float.infinity

  init(_ question: EntityToDescribe) throws {
    self.question = question
    model = try question.model.made()
    for (layer, states) in try model.layers(of: aligned).enumerated() {
      let found = try written(states[at: question.placeholder], layer: layer)
      right.append(found.text)
      margin = min(margin, found.margin)
    }
  }

  /// What the model writes with a state, step by step, and by how much the best token wins at least.
  private func written(
    _ state: Tensor?, layer: Int, at position: Int? = nil, ends: Bool = true,
    steps: (Int) -> Bool = { _ in true }
  ) throws -> (text: [Int], margin: Float) {
    var (text, margin) = (question.prompt, Float.infinity)
    while text.count < question.prompt.count + question.count {
      let isPatched = steps(text.count - question.prompt.count)
      let changes =
        state.map {
          [Intervention.rows(model.points[layer], [(position ?? question.placeholder, $0)])]
        }
        ?? []
      let row = try model.logits(of: text, isPatched ? changes : [])[at: text.count - 1]
      let best = row.argmax()[0]
      margin = min(
        margin,
        row[best] - (row.values.enumerated().filter { $0.offset != best }.map(\.element).max() ?? 0)
      )
      text.append(best)
      if ends, model.configuration.endTokens.contains(best) { break }
    }
    return (Array(text[question.prompt.count...]), margin)
  }

  private var aligned: [Int] {
    question.filler.prefix(question.placeholder + 1 - question.entity.count) + question.entity
  }

  private func texts(
    of source: [Int], at position: Int, target: (Int) -> Int = { $0 }, into place: Int? = nil,
    ends: Bool = true, steps: (Int) -> Bool = { _ in true }
  ) throws -> [[Int]] {
    let states = try model.layers(of: source)
    return try model.points.indices.map {
      try written(
        states[$0][at: position], layer: target($0), at: place, ends: ends, steps: steps
      ).text
    }
  }

  private func mistakes() throws -> [Mistake<[[Int]]>] {
    let entity = question.entity
    let last = model.points.count - 1
    let plain = try written(nil, layer: 0).text
    let behind = Array(question.filler.suffix(question.placeholder + 1 - entity.count)) + entity
    var mistakes = [
      Mistake(
        "the entity stands alone, at another position than the placeholder's: align it with the filler",
        try texts(of: entity, at: entity.count - 1)),
      Mistake(
        "the whole filler stands before the entity: only as much as aligns it with the placeholder",
        try texts(of: question.filler + entity, at: question.filler.count + entity.count - 1)),
      Mistake(
        "the filler's end was taken; it is to be read from its first token on",
        try texts(of: behind, at: question.placeholder)),
      Mistake(
        "the patch was gone after the first token: without a cache every step reads the whole text again",
        try texts(of: aligned, at: question.placeholder, steps: { $0 == 0 })),
      Mistake(
        "every state went in at layer 0; put it into the layer it comes from",
        try texts(of: aligned, at: question.placeholder, target: { _ in 0 })),
      Mistake(
        "the states went into the prompt's last token, not the placeholder",
        try texts(of: aligned, at: question.placeholder, into: question.prompt.count - 1)),
      Mistake(
        "nothing was patched: this is what the prompt writes alone",
        model.points.map { _ in plain }),
      Mistake(
        "the prompt is still there; only what is written behind it is asked for",
        right.map { question.prompt + $0 }),
      Mistake(
        "there is one layer too few: what the first block reads is a layer too",
        Array(right.dropFirst())),
      Mistake(
        "there is one layer too few: what leaves the last block is a layer too",
        Array(right[..<last])),
    ]
    if let end = question.model.endToken {
      mistakes += [
        Mistake(
          "the model goes on behind its end token, which ends a description",
          try texts(of: aligned, at: question.placeholder, ends: false)),
        Mistake(
          "the end token is missing: the model has written it, as a description's last token",
          right.map { $0.last == end ? $0.dropLast() : $0 }),
      ]
    }
    if entity.count > 1 {
      mistakes.append(
        Mistake(
          "the state is that of the entity's first token; its last has read all of it",
          try texts(of: aligned, at: question.placeholder + 1 - entity.count)))
      mistakes.append(
        Mistake(
          "the entity begins at the placeholder's position; it is to end there",
          try texts(
            of: question.filler.prefix(question.placeholder) + entity,
            at: question.placeholder + entity.count - 1)))
    }
    return mistakes
  }

  func judge() -> Expected<[[Int]]> {
    Expected(right, named: "the list of descriptions", of: "layer", mistakes: mistakes)
  }

  /// Whether every mistake shows, each in its own way, and no token is a matter of rounding.
  func isDecided() throws -> Bool {
    try margin >= 0.01 && mistakes().areDistinct(from: right)
  }
}
