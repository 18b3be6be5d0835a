public import Tensors

/// How a probe is trained.
public struct ProbeSettings: Codable, Sendable, Hashable {
  /// Linear, or with a hidden layer.
  public var kind = Probe.Kind.linear
  /// λ of the penalty ½ λ ‖W‖² on the weights, not on biases, added to the mean cross-entropy in nats.
  public var l2: Float = 1e-4
  /// The learning rate of the first step, which falls along half a cosine over ``maximumEpochs``; nil
  /// for 0.5/√width, and with a hidden layer 0.02.
  public var rate: Float?
  /// How many words a step sees.
  public var batchSize = 256
  /// How often training goes through the data at most; nil for 20 times, and with a hidden layer 60,
  /// or as often as makes 300 steps where the words are few.
  public var maximumEpochs: Int?
  /// After how many epochs without a lower loss on development data training stops; nil for half
  /// of ``maximumEpochs``.
  public var patience: Int?
  /// Whether features are brought to mean 0 and deviation 1, measured on the training data.
  ///
  /// It changes no linear probe that is trained to the end without a penalty, but lets one rate fit
  /// all layers: the residual stream grows from layer to layer. With a penalty it decides what is
  /// penalised.
  public var standardises = true
  /// Where initial weights and the order of the data come from.
  public var seed: UInt64 = 0

  /// The standard settings, to be changed one by one.
  public init() {}

  /// Rate, epochs and patience for data that make so many steps an epoch.
  fileprivate func course(
    steps: Int, width: Int
  ) -> (rate: Float, epochs: Int, patience: Int) {
    let isLinear = kind == .linear
    let epochs = maximumEpochs ?? max(isLinear ? 20 : 60, 300 / steps)
    let usual = isLinear ? 0.5 / Float(width).squareRoot() : 0.02
    return (rate ?? usual, epochs, patience ?? max(epochs / 2, 1))
  }
}

/// A probe after training, and how it came about.
public struct TrainedProbe: Sendable {
  /// The probe of the best epoch.
  public let probe: Probe
  /// The mean loss over each epoch on the training data, penalty excluded, in nats.
  public let trainingLosses: [Float]
  /// The loss after each epoch on the development data, in nats.
  public let developmentLosses: [Float]
  /// Which epoch was kept, from 0: the one of the least loss on the development data.
  public let epoch: Int
}

extension Probe {
  /// Trains a probe with AdamW; the same settings and data give the same probe.
  ///
  /// - Parameters:
  ///   - features: `[word, width]`.
  ///   - labels: A class for each word.
  ///   - classes: How many classes there are.
  ///   - development: Other words, which choose the epoch; without them the last is kept.
  ///   - settings: How it is trained.
  /// - Throws: ``ProbingError`` when there is no word, or labels do not fit.
  public static func training(
    on features: Tensor, labels: [Int], classes: Int,
    development: (features: Tensor, labels: [Int])? = nil, settings: ProbeSettings = .init()
  ) throws(ProbingError) -> TrainedProbe {
    try check(features, labels, classes, "the training data")
    guard Set(labels).count > 1 else {
      throw ProbingError(
        "all training words have one class; a probe needs words of at least two")
    }
    if let development {
      try check(development.features, development.labels, classes, "the development data")
      guard development.features.shape[1] == features.shape[1] else {
        throw ProbingError(
          "the vectors to train on have width \(features.shape[1]) and those to choose by "
            + "\(development.features.shape[1]); take both from one layer")
      }
    }
    var generator = SeededGenerator(seed: settings.seed)
    var probe = Probe(
      settings.kind, width: features.shape[1], classes: classes, using: &generator)
    if settings.standardises { probe.standardise(by: features) }
    let x = probe.standardised(features)
    let heldOut = development.map { (x: probe.standardised($0.features), labels: $0.labels) }
    let steps = (labels.count + settings.batchSize - 1) / settings.batchSize
    let (rate, epochs, patience) = settings.course(
      steps: steps, width: features.shape[1])
    let schedule = LearningRateSchedule(
      peak: rate, warmUpSteps: 0, totalSteps: steps * epochs)
    var optimizer = AdamW()
    var order = Array(labels.indices)
    var (best, bestEpoch, bestLoss) = (probe, 0, Float.infinity)
    var (trainingLosses, developmentLosses): ([Float], [Float]) = ([], [])
    for epoch in 0..<epochs {
      if steps > 1 { order.shuffle(using: &generator) }
      var total: Float = 0
      for step in 0..<steps {
        let batch = Array(
          order[(step * settings.batchSize)..<min((step + 1) * settings.batchSize, order.count)])
        let (loss, gradients) = probe.gradients(
          on: steps > 1 ? x.gathering(batch) : x, labels: batch.map { labels[$0] },
          l2: settings.l2)
        total += loss * Float(batch.count)
        optimizer.update(
          &probe, gradients: gradients, rate: schedule.rate(at: epoch * steps + step))
      }
      trainingLosses.append(total / Float(order.count))
      guard let heldOut else {
        (best, bestEpoch) = (probe, epoch)
        continue
      }
      let loss = probe.logits(ofStandardised: heldOut.x).crossEntropy(targets: heldOut.labels)
        .scalar
      developmentLosses.append(loss)
      if loss < bestLoss { (best, bestEpoch, bestLoss) = (probe, epoch, loss) }
      if epoch - bestEpoch >= patience { break }
    }
    return TrainedProbe(
      probe: best, trainingLosses: trainingLosses, developmentLosses: developmentLosses,
      epoch: bestEpoch)
  }

  /// The loss without the penalty, and the gradients with it.
  private func gradients(
    on x: Tensor, labels: [Int], l2: Float
  ) -> (loss: Float, gradients: [Tensor]) {
    let watched = requiringGradients()
    let loss = watched.logits(ofStandardised: x).crossEntropy(targets: labels)
    let parameters = watched.parameters
    var gradients = gradient(of: loss, withRespectTo: parameters.map(\.tensor))
    if l2 > 0 {
      for (index, parameter) in parameters.enumerated() where parameter.name.hasSuffix("weight") {
        gradients[index] = gradients[index] + parameter.tensor.detached() * l2
      }
    }
    return (loss.scalar, gradients)
  }

  private static func check(
    _ features: Tensor, _ labels: [Int], _ classes: Int, _ what: String
  ) throws(ProbingError) {
    guard features.rank == 2, features.shape[0] == labels.count, !labels.isEmpty else {
      throw ProbingError(
        "\(what) has \(labels.count) labels for vectors of shape \(features.shape); give at least "
          + "one word, and a row for each")
    }
    if let wrong = labels.first(where: { !(0..<classes).contains($0) }) {
      throw ProbingError(
        "\(what) holds the class \(wrong), and classes go from 0 to \(classes - 1)")
    }
  }
}
