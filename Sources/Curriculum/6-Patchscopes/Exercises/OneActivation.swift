import Coursework
import Laboratory
import PatchscopesVocabulary
import SheetTools
import Tensors
import Transformers

extension PatchscopesSheet {
  /// 6.1: one state from one run into another, everywhere.
  static let oneActivation = Exercise(
    "6.1", "Patch one activation", points: 4, difficulty: 3, importance: 5, minutes: 30,
    hints: [
      """
      Three kinds of run: the clean one, the corrupted one, and for every place one that starts as the \
      one of them and gets a single state of the other. Which one starts when you restore?
      """,
      """
      Read d = logit(answer) − logit(foil) at the last position, wherever the patch is. The effect says \
      how far d has gone on its way from the run that is patched to the run that the state comes from.
      """,
      """
      Capture all `residualPoints` of the run that gives in one run. Then, for each layer and position, \
      `model.run(ModelInput(into), intervening: [patch])`, where the patch copies the activation and \
      sets the columns of one position.
      """,
      """
      With `start` = d of the run that is patched and `end` = d of the other, the effect is \
      `(difference(into, [patch]) - start) / (end - start)`, in both directions.
      """,
    ],
    interpretation: """
      Everything patched is 1: take a whole layer. Nothing patched is 0: so is every position before \
      the first token in which the texts differ. In between nothing has to add up. Restoring asks what \
      suffices, corrupting what is needed. Where two copies of a fact exist, each suffices and neither \
      is needed; where two states have to come together, each is needed and neither suffices. A map in \
      one direction alone is half of an experiment.
      """,
    cases: { generator in
      var cases: [Case<ContrastOfModel, ContrastOfModel>] = []
      for (name, kind, direction) in [
        ("restoring, layer norm", ScopeModel.Kind.small, PatchDirection.restoring),
        ("corrupting, layer norm", .small, .corrupting),
        ("corrupting, turned positions", .rotary, .corrupting),
      ] {
        let question = try drawn(
          using: &generator,
          { generator in
            let model = ScopeModel(kind, using: &generator)
            return ContrastOfModel(
              model: model, contrast: try contrast(of: model, using: &generator),
              direction: direction)
          }, until: { try isFarApart($0) && key($0).isDecided() })
        cases.append(Case(name, question))
      }
      let two = ReaderWorld.standard.plainCountries.shuffled(using: &generator).prefix(2)
      cases.append(
        Case(
          "the reader",
          ContrastOfModel(
            model: .reader, contrast: capitals(two[0], two[1]), direction: .restoring)))
      return cases
    },
    parts: [Part(PatchscopesAsks.effects) { try key($0).judge }])

  /// The capitals of two countries.
  static func capitals(_ one: ReaderCountry, _ other: ReaderCountry) -> Contrast {
    func text(_ country: ReaderCountry) -> [Int] {
      readerTokens("The capital of \(country.name[0]) is")
    }
    return Contrast(
      clean: text(one), corrupted: text(other), answer: readerToken(one.capital[0]),
      foil: readerToken(other.capital[0]))
  }

  /// Two texts that differ in one token, and what a model says to them.
  private static func contrast(
    of model: ScopeModel, using generator: inout SeededGenerator
  ) throws -> Contrast {
    let clean = ScopeModel.text(6, using: &generator)
    var corrupted = clean
    corrupted[Int.random(in: 1...2, using: &generator)] = Int.random(
      in: 0..<ScopeModel.vocabulary, using: &generator)
    let made = try model.made()
    func said(_ tokens: [Int]) throws -> Int {
      try made.logits(of: tokens)[at: tokens.count - 1].argmax()[0]
    }
    return Contrast(
      clean: clean, corrupted: corrupted, answer: try said(clean), foil: try said(corrupted))
  }

  /// Whether the two texts differ in what is read, so that an effect has something to be a share of.
  private static func isFarApart(_ question: ContrastOfModel) throws -> Bool {
    let contrast = question.contrast
    guard contrast.answer != contrast.foil else { return false }
    let model = try question.model.made()
    func difference(_ tokens: [Int]) throws -> Float {
      let last = try model.logits(of: tokens)[at: tokens.count - 1]
      return last[contrast.answer] - last[contrast.foil]
    }
    return try abs(difference(contrast.clean) - difference(contrast.corrupted)) > 1.5
  }

  private static func key(_ question: ContrastOfModel) throws -> TensorKey {
    let contrast = question.contrast
    let model = try question.model.made()
    let points = model.points
    let count = contrast.clean.count
    let isRestoring = question.direction == .restoring
    let texts =
      isRestoring
      ? (from: contrast.clean, into: contrast.corrupted)
      : (from: contrast.corrupted, into: contrast.clean)
    /// The logits of every patched run, by layer and position.
    func sweep(
      from states: [Tensor], into: [Int], at point: (_ layer: Int) -> Int = { $0 }
    ) throws -> [[Tensor]] {
      try points.indices.map { layer in
        try (0..<count).map { position in
          try model.logits(of: into, [.row(position, of: states[layer], at: points[point(layer)])])
        }
      }
    }
    typealias Reading = (Tensor) -> Double
    func difference(at position: Int? = nil) -> Reading {
      { logits in
        let row = logits[at: position ?? count - 1]
        return Double(row[contrast.answer]) - Double(row[contrast.foil])
      }
    }
    let answer: Reading = { Double($0[count - 1, contrast.answer]) }
    let probability: Reading = { probabilities($0[at: count - 1])[contrast.answer] }
    func ends(_ read: Reading) throws -> (start: Double, end: Double) {
      (read(try model.logits(of: texts.into)), read(try model.logits(of: texts.from)))
    }
    let states = try model.layers(of: texts.from)
    let patched = try sweep(from: states, into: texts.into)
    func effects(_ patched: [[Tensor]], _ read: Reading) throws -> Tensor {
      let (start, end) = try ends(read)
      return Tensor(patched.count, count) { layer, position in
        (read(patched[layer][position]) - start) / (end - start)
      }
    }
    let right = try effects(patched, difference())
    return TensorKey(right, named: "the effect", axes: ["layer", "position"]) {
      let (start, end) = try ends(difference())
      let other = try sweep(from: try model.layers(of: texts.into), into: texts.from)
      let clean = isRestoring ? end : start
      let last = points.count - 1
      let elsewhere =
        "states of one layer were put into another; take and put them at the same point"
      return [
        Mistake(
          "the effect is not a share yet: divide by the difference of the two runs",
          Tensor(points.count, count) { difference()(patched[$0][$1]) - start }),
        Mistake(
          "these are the differences of logits of the patched runs; how far have they come from the one "
            + "run to the other?",
          Tensor(points.count, count) { difference()(patched[$0][$1]) }),
        Mistake(
          "1 and 0 are exchanged: 1 is where the patched run has become like the run that the state "
            + "comes from", right * -1 + 1),
        Mistake(
          "the wrong run is patched: restoring puts clean states into the corrupted run, corrupting the "
            + "other way round",
          Tensor(points.count, count) { layer, position in
            (difference()(other[layer][position]) - end) / (start - end)
          }),
        Mistake("the foil's logit is left out", try effects(patched, answer)),
        Mistake(
          "these are probabilities; a difference of logits is asked for",
          try effects(patched, probability)),
        Mistake(
          "the answer was read at the patched position; it is the last that says it",
          try Tensor(points.count, count) { layer, position in
            let (start, end) = try ends(difference(at: position))
            let change = difference(at: position)(patched[layer][position]) - start
            return start == end ? 0 : change / (end - start)
          }),
        Mistake(
          "all positions of a layer were patched at once; one state at a time",
          Tensor(repeating: 1, shape: [points.count, count])),
        Mistake(
          "the difference was divided by the clean run's alone; divide by what lies between the runs",
          Tensor(points.count, count) { (difference()(patched[$0][$1]) - start) / clean }),
        Mistake(
          "there is one layer too few: what leaves the last block is a layer too",
          right.slice(0..<last)),
        Mistake(
          "there is one layer too few: what the first block reads is a layer too",
          right.slice(1..<points.count)),
        // The rows are the layers that states come from, or those that they are put into.
        Mistake(
          elsewhere,
          try effects(sweep(from: states, into: texts.into) { min($0 + 1, last) }, difference())),
        Mistake(
          elsewhere,
          try effects(sweep(from: [states[0]] + states.dropLast(), into: texts.into), difference())),
      ]
    }
  }
}
