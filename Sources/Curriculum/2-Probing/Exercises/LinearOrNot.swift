import Coursework
import Interpretability
import ProbingVocabulary
import Tensors
import Transformers

extension ProbingSheet {
  /// What probes of the library find, and what the usual mistakes would give.
  struct ComparisonKey {
    /// Accuracy and control accuracy on the test words: linear, then with a hidden layer.
    var accuracies: [Double]
    var controls: [Double]
    /// The same on the training words.
    var trainingAccuracies: [Double]
    var trainingControls: [Double]
    /// How often the probe for the task happens to agree with the control task.
    var accidental: [Double]
  }

  /// 2.6: what a hidden layer adds, and what it costs.
  static let linearOrNot = Exercise(
    "2.6", "Linear or not", points: 4, difficulty: 3, importance: 4, minutes: 30,
    hints: [
      """
      A hidden layer can only help a probe. Whom else does it help? Look at what each kind of probe \
      gets on the control task.
      """,
      """
      Four trainings: two kinds of probe, each on `labels` and on `controlLabels`. All are trained on \
      the training words and measured on the test words.
      """,
      """
      A hidden layer is an `AffineMap` to `hidden` numbers with `relu()` behind it. Its first weights \
      must not be zero, or all of its units stay alike: draw them. Without a non-linear function between \
      them, two linear layers are one linear layer.
      """,
      """
      Put the maps in a struct that is `Parameterized`: `callAsFunction` gives scores, and \
      `visitParameters` hands out the weights. Then `probe.gradients { $0(x).crossEntropy(targets: \
      targets) }` and `AdamW` train it, in some hundred steps at a rate of 0.02 that falls. Selectivity is \
      accuracy less control accuracy.
      """,
    ],
    interpretation: """
      Where the class lies along a direction, the hidden layer finds nothing that the linear probe has \
      not found, and it learns more of the control task by heart: less selective, and no better. Where \
      the class is an exclusive or of two directions, only the hidden layer finds it. Is it then “in” \
      the vector? A later layer of the model could read it as the probe did, and need not.
      """,
    cases: { generator in
      [("an exclusive or of two directions", true), ("a class along a direction", false)]
        .map { name, isExclusive in
          let question = ProbesToCompare(
            data: planted(isExclusive: isExclusive, using: &generator), hidden: 64,
            seed: generator.next() >> 1)
          return Case(name, question)
        }
    },
    parts: [Part(ProbingAsks.compareProbes, judge: comparison)])

  private static func comparison(of question: ProbesToCompare) throws -> Judgement<[ProbeFinding]> {
    let key = try comparisonKey(question)
    return Judgement { comparisonVerdict($0, key) }
  }

  /// Words of 260 types, each type a place of its own; half of the test words are of types that
  /// training shows, half of others.
  private static func planted(
    isExclusive: Bool, using generator: inout SeededGenerator
  ) -> ControlledVectors {
    let (types, width) = (260, 6)
    let places = Tensor.randomNormal([types, width], using: &generator)
    let classOfType = (0..<types).map { type in
      isExclusive
        ? (places[type, 0] > 0) != (places[type, 1] > 0) ? 1 : 0 : places[type, 0] > 0 ? 1 : 0
    }
    let controls = (0..<types).map { _ in Int.random(in: 0...1, using: &generator) }
    var (rows, training, test): ([Int], [Int], [Int]) = ([], [], [])
    for type in 0..<types {
      let isSeen = type < 200
      for occurrence in 0..<(isSeen ? 3 : 2) {
        if isSeen && (occurrence < 2 || type >= 120) {
          training.append(rows.count)
        } else {
          test.append(rows.count)
        }
        rows.append(type)
      }
    }
    let noise = Tensor.randomNormal(
      [rows.count, width], standardDeviation: 0.03, using: &generator)
    return ControlledVectors(
      vectors: places.gathering(rows) + noise, labels: rows.map { classOfType[$0] },
      controlLabels: rows.map { controls[$0] }, classes: 2, training: training, test: test)
  }

  private static func comparisonKey(_ question: ProbesToCompare) throws -> ComparisonKey {
    let data = question.data
    func measure(
      _ kind: Probe.Kind, _ labels: [Int]
    ) throws -> (test: Double, training: Double, accidental: Double) {
      var settings = ProbeSettings()
      settings.kind = kind
      settings.batchSize = 64
      settings.seed = 9
      let probe = try Probe.training(
        on: data.vectors.gathering(data.training), labels: data.training.map { labels[$0] },
        classes: data.classes, settings: settings
      ).probe
      func accuracy(_ places: [Int], _ labels: [Int]) -> Double {
        let found = probe.predictions(data.vectors.gathering(places))
        return Double(zip(found, places).count { $0 == labels[$1] }) / Double(places.count)
      }
      return (
        accuracy(data.test, labels), accuracy(data.training, labels),
        accuracy(data.test, data.controlLabels)
      )
    }
    let kinds = [Probe.Kind.linear, .mlp(hidden: question.hidden)]
    let task = try kinds.map { try measure($0, data.labels) }
    let control = try kinds.map { try measure($0, data.controlLabels) }
    return ComparisonKey(
      accuracies: task.map(\.test), controls: control.map(\.test),
      trainingAccuracies: task.map(\.training), trainingControls: control.map(\.training),
      accidental: task.map(\.accidental))
  }

  private static func comparisonVerdict(
    _ answer: [ProbeFinding], _ key: ComparisonKey
  ) -> Verdict {
    guard answer.count == 2 else {
      return .invalid(
        "there are \(answer.count) findings, and two are asked for: the linear probe's, then the one "
          + "with a hidden layer")
    }
    guard answer.allSatisfy({ $0.accuracy.isFinite && $0.selectivity.isFinite }) else {
      return .invalid("a finding holds a number that is not finite")
    }
    func isNear(_ a: Double, _ b: Double, _ room: Double) -> Bool { abs(a - b) <= room }
    let (linear, mlp) = (answer[0], answer[1])
    let gap = key.accuracies[1] - key.accuracies[0]
    let right =
      isNear(linear.accuracy, key.accuracies[0], 0.08)
      && isNear(mlp.accuracy, key.accuracies[1], 0.08)
    if !right {
      if gap > 0.2, isNear(linear.accuracy, key.accuracies[1], 0.08),
        isNear(mlp.accuracy, key.accuracies[0], 0.08)
      {
        return .failed("the two probes have changed places: the linear one comes first")
      }
      if gap > 0.2, isNear(mlp.accuracy, key.accuracies[0], 0.08) {
        return .failed(
          "the hidden layer finds no more than a line: is there a non-linear function in it?")
      }
      if mlp.accuracy > key.accuracies[1] + 0.05 || linear.accuracy > key.accuracies[0] + 0.08 {
        return .failed(
          "a probe does better than it can on the test words: none of the words it is measured on may "
            + "be one it was trained on"
        )
      }
      return .failed("a probe does worse than it could: train it longer")
    }
    let controls = answer.map { $0.accuracy - $0.selectivity }
    if isNear(controls[0], key.controls[1], 0.1), isNear(controls[1], key.controls[0], 0.1),
      abs(key.controls[1] - key.controls[0]) > 0.2
    {
      return .failed("the two probes have changed places: the linear one comes first")
    }
    for (place, finding) in answer.enumerated() {
      let (name, control) = (place == 0 ? "linear" : "hidden-layer", key.controls[place])
      let room = place == 0 ? 0.12 : 0.1
      let found = controls[place]
      if isNear(found, control, room) { continue }
      if isNear(finding.selectivity, control, 0.08) {
        return .failed(
          "the \(name) probe's selectivity is its control accuracy; take that off its accuracy")
      }
      if isNear(found, key.trainingControls[place], 0.05) {
        return .failed(
          "the control accuracy of the \(name) probe is measured on words it was trained on")
      }
      if isNear(found, key.accidental[place], 0.06) {
        return .failed(
          "the \(name) probe was not trained on the control task: it needs a twin that is")
      }
      if found > control {
        return .failed(
          "the \(name) probe's twin does better on the control task than it can: none of the words "
            + "it is measured on may be one it was trained on")
      }
      return .failed(
        "the \(name) probe's selectivity is not its accuracy less what its twin gets on the control "
          + "task")
    }
    return .passed()
  }
}
