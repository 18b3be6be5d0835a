public import Tensors

/// What probes found at one layer, measured on the test words.
public struct LayerFinding: Codable, Sendable {
  /// The layer: 0 for the embedding, then the output of each block.
  public var layer: Int
  /// The accuracy of the probe.
  public var accuracy: Estimate
  /// Its accuracy on the development words, by which a layer is to be chosen.
  public var developmentAccuracy: Double
  /// The accuracy of a probe trained on the control task.
  public var control: Estimate?
  /// Accuracy less control accuracy, paired by word.
  public var selectivity: Estimate?
  /// The accuracy of the same probe on a model of the same shape with random weights.
  public var randomWeights: Estimate?
  /// How often each class was taken for each, `[label][prediction]`.
  public var confusion: [[Int]]
}

/// What probes found at every layer.
public struct LayerFindings: Codable, Sendable {
  /// What was asked.
  public var task: String
  /// The names of the classes.
  public var classes: [String]
  /// How many words training, development and test have.
  public var words: [Int]
  /// The accuracy on the test words of always answering the class most frequent in training.
  public var majority: Estimate
  /// One a layer.
  public var layers: [LayerFinding]

  /// The layer whose probe is best on the development words; the earliest of equals.
  public var best: LayerFinding {
    layers.max { ($0.developmentAccuracy, $1.layer) < ($1.developmentAccuracy, $0.layer) }!
  }
}

/// Trains a probe on every layer for a task, one for its control task, and one on an untrained
/// model, all at the same time; intervals draw whole units of the split.
///
/// - Parameters:
///   - task: The words and their classes.
///   - split: Which of them are for training, development and test.
///   - representations: Of the model, with all words of the sentences.
///   - layerNumbers: The number of each layer in them, for the report; nil for 0, 1, 2, ….
///   - randomWeights: The same of an untrained model, or nil to leave it out.
///   - control: The control task, or nil to leave it out.
/// - Throws: ``ProbingError`` when the training words have one class, or a part has none.
public func probeLayers(
  _ task: WordTask, split: TaskSplit, representations: Representations,
  layerNumbers: [Int]? = nil, randomWeights: Representations? = nil, control: WordTask? = nil,
  settings: ProbeSettings = .init(), bootstrap: Bootstrap = .init()
) throws(ProbingError) -> LayerFindings {
  let parts = [split.training, split.development, split.test].map(task.subset)
  for (part, name) in zip(parts, ["training", "development", "test"]) where part.count == 0 {
    throw ProbingError("no word of “\(task.name)” is left for \(name); give more sentences")
  }
  let test = parts[2]
  /// One probe to be trained: on which vectors, for which labels.
  struct Job: Sendable {
    var features: Tensor
    var labels: [Int]
  }
  let count = representations.layers.count
  var jobs = representations.layers.map { Job(features: $0, labels: task.labels) }
  if let control {
    jobs += representations.layers.map { Job(features: $0, labels: control.labels) }
  }
  if let randomWeights {
    jobs += randomWeights.layers.map { Job(features: $0, labels: task.labels) }
  }
  let classes = task.classes.count
  let predictions = try Parallel.map(jobs) {
    job throws(ProbingError) -> (test: [Int], development: [Int]) in
    func part(_ places: [Int]) -> (features: Tensor, labels: [Int]) {
      (job.features.gathering(places.map { task.rows[$0] }), places.map { job.labels[$0] })
    }
    let (training, development) = (part(split.training), part(split.development))
    let trained = try Probe.training(
      on: training.features, labels: training.labels, classes: classes,
      development: development, settings: settings
    ).probe
    return (
      trained.predictions(part(split.test).features), trained.predictions(development.features)
    )
  }

  func right(_ job: Int, _ labels: [Int]) -> [Double] {
    zip(predictions[job].test, split.test).map { $0 == labels[$1] ? 1 : 0 }
  }
  // A probe is right of a noun or is not, however many sentences have it.
  let names = test.units(split.unit)
  let numbers = Dictionary(
    uniqueKeysWithValues: Set(names).sorted().enumerated().map { ($1, $0) })
  let groups = names.map { numbers[$0]! }
  let layers = (0..<count).map { layer in
    let own = right(layer, task.labels)
    let controlled = control.map { right(count + layer, $0.labels) }
    let random = randomWeights.map { _ in
      right((control == nil ? 1 : 2) * count + layer, task.labels)
    }
    var confusion = Array(repeating: Array(repeating: 0, count: classes), count: classes)
    for (label, prediction) in zip(test.labels, predictions[layer].test) {
      confusion[label][prediction] += 1
    }
    let development = zip(predictions[layer].development, parts[1].labels).count { $0 == $1 }
    return LayerFinding(
      layer: layerNumbers?[layer] ?? layer, accuracy: bootstrap.mean(of: own, groups: groups),
      developmentAccuracy: Double(development) / Double(parts[1].count),
      control: controlled.map { bootstrap.mean(of: $0, groups: groups) },
      selectivity: controlled.map { bootstrap.mean(of: zip(own, $0).map(-), groups: groups) },
      randomWeights: random.map { bootstrap.mean(of: $0, groups: groups) },
      confusion: confusion)
  }
  let frequent = Dictionary(parts[0].labels.map { ($0, 1) }, uniquingKeysWith: +)
    .max { ($0.value, $1.key) < ($1.value, $0.key) }!.key
  return LayerFindings(
    task: task.name, classes: task.classes, words: parts.map(\.count),
    majority: bootstrap.mean(of: test.labels.map { $0 == frequent ? 1 : 0 }, groups: groups),
    layers: layers)
}
