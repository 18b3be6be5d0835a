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
      the training words and answer for the test words. The linear probe is yours of 2.2, the other \
      `HiddenLayerProbe(trainingOn: data, hidden: hidden, seed: seed)`, which `classes(of: vectors)` asks.
      """,
      """
      A line has one side and the other. For `notOnALine`, what if the class is decided by two columns \
      together, and neither of them says anything alone? Draw the columns evenly around zero, so that \
      all four combinations of signs are as frequent.
      """,
      """
      `let vectors = Tensor.randomUniform([count, 2], in: -1..<1, using: &generator)`; the class of row \
      i is 1 where `vectors[i, 0] * vectors[i, 1] > 0`: an exclusive or of two signs. More columns only make \
      it harder to find. A ring around a disc does as well.
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
            seed: generator.next() >> 1, count: isExclusive ? 400 : 600)
          return Case(name, question)
        }
    },
    parts: [
      Part(ProbingAsks.compareProbes, judge: comparison),
      Part(ProbingAsks.notOnALine, judge: lineJudge),
    ])

  private static func comparison(of question: ProbesToCompare) throws -> Judgement<[ProbeAndTwin]> {
    let key = try comparisonKey(question)
    return Judgement { answer in
      // Whatever classes come back with the answers: these are the right ones.
      let test = question.data.test
      let (labels, controls) = (
        test.map { question.data.labels[$0] }, test.map { question.data.controlLabels[$0] }
      )
      for finding in answer {
        for (name, outcome) in [("the probe", finding.task), ("its twin", finding.control)] {
          for (what, list) in [("classes", outcome.labels), ("answers", outcome.predictions)]
          where list.count != test.count {
            return .invalid(
              "\(name) has \(list.count) \(what) for \(test.count) test words; give one for each")
          }
        }
      }
      for finding in answer
      where finding.task.labels != labels || finding.control.labels != controls {
        return .failed(
          finding.control.labels == labels
            ? "the twin is held against the classes of the task; its own are `controlLabels`"
            : "an outcome has other classes than the test words have, in the order of `test`")
      }
      return comparisonVerdict(
        answer.map {
          (
            agreement($0.task.predictions, labels), agreement($0.control.predictions, controls)
          )
        }, key)
    }
  }

  /// Trains probes of its own on half of the vectors that were made, and tests on the others.
  private static func lineJudge(of question: ProbesToCompare) -> Judgement<LabelledVectors> {
    Judgement { answer in
      let (vectors, labels) = (answer.vectors, answer.labels)
      guard vectors.rank == 2, vectors.shape[0] == question.count, vectors.shape[1] > 0 else {
        return .invalid(
          "the vectors have the shape \(vectors.shape); [\(question.count), width] is asked for")
      }
      guard vectors.shape[1] <= 32 else {
        return .invalid("the vectors have \(vectors.shape[1]) columns; 32 are more than enough")
      }
      guard vectors.values.allSatisfy({ $0.isFinite && abs($0) < 1e6 }) else {
        return .invalid("a vector holds a number that is not finite, or is huge")
      }
      guard labels.count == question.count, labels.allSatisfy({ $0 == 0 || $0 == 1 }) else {
        return .invalid("every vector needs one class, 0 or 1")
      }
      let share = Double(labels.count { $0 == 1 }) / Double(labels.count)
      guard (0.3...0.7).contains(share) else {
        return .failed(
          "one class is far more frequent; who always says it does well without looking. Make both "
            + "about as frequent")
      }
      var generator = SeededGenerator(seed: 5)
      let places = Array(labels.indices).shuffled(using: &generator)
      let (training, test) = (
        Array(places.prefix(labels.count / 2)), Array(places.dropFirst(labels.count / 2))
      )
      func accuracy(_ kind: Probe.Kind) throws -> Double {
        var settings = ProbeSettings()
        settings.kind = kind
        settings.batchSize = 32
        settings.seed = 3
        let probe = try Probe.training(
          on: vectors.gathering(training), labels: training.map { labels[$0] }, classes: 2,
          settings: settings
        ).probe
        return agreement(probe.predictions(vectors.gathering(test)), test.map { labels[$0] })
      }
      let (linear, hidden) = (try accuracy(.linear), try accuracy(.mlp(hidden: question.hidden)))
      let detail =
        "on half of your vectors, after training on the others, a line finds \(linear) and a "
        + "hidden layer \(hidden)"
      // A line that cuts a corner off an exclusive or of two signs is right in two thirds.
      if linear > max(0.72, 1.1 * max(share, 1 - share)) {
        return .failed(
          "a line finds the class too well: it must tell little more than the frequencies do",
          detail: detail)
      }
      if hidden < 0.85 {
        return .failed(
          "a hidden layer does not find the class in vectors that it has not met: the vector has to "
            + "decide it, by a rule that some hundred examples show", detail: detail)
      }
      return .passed()
    }
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
    ) throws -> (test: Double, accidental: Double) {
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
      return (accuracy(data.test, labels), accuracy(data.test, data.controlLabels))
    }
    let kinds = [Probe.Kind.linear, .mlp(hidden: question.hidden)]
    let task = try kinds.map { try measure($0, data.labels) }
    let control = try kinds.map { try measure($0, data.controlLabels) }
    return ComparisonKey(
      accuracies: task.map(\.test), controls: control.map(\.test),
      accidental: task.map(\.accidental))
  }

  /// - Parameter answer: The accuracies of each probe and of its twin.
  private static func comparisonVerdict(
    _ answer: [(accuracy: Double, control: Double)], _ key: ComparisonKey
  ) -> Verdict {
    guard answer.count == 2 else {
      return .invalid(
        "there are \(answer.count) probes, and two are asked for: the linear one, then the one with a "
          + "hidden layer")
    }
    func isNear(_ a: Double, _ b: Double, _ room: Double) -> Bool { abs(a - b) <= room }
    let (linear, mlp) = (answer[0], answer[1])
    let gap = key.accuracies[1] - key.accuracies[0]
    let right =
      isNear(linear.accuracy, key.accuracies[0], 0.08)
      && isNear(mlp.accuracy, key.accuracies[1], 0.08)
    let changed: Verdict = .failed("the two probes have changed places: the linear one comes first")
    if !right {
      if gap > 0.2, isNear(linear.accuracy, key.accuracies[1], 0.08),
        isNear(mlp.accuracy, key.accuracies[0], 0.08)
      {
        return changed
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
    if isNear(linear.control, key.controls[1], 0.1), isNear(mlp.control, key.controls[0], 0.1),
      abs(key.controls[1] - key.controls[0]) > 0.2
    {
      return changed
    }
    for (place, finding) in answer.enumerated() {
      let (name, control) = (place == 0 ? "linear" : "hidden-layer", key.controls[place])
      let found = finding.control
      if isNear(found, control, place == 0 ? 0.12 : 0.1) { continue }
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
        "the \(name) probe's twin does worse on the control task than it could: train it as long as the "
          + "probe")
    }
    return .passed()
  }
}
