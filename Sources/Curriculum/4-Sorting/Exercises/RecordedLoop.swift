import Laboratory
import SortingVocabulary
import Synchronization
import Tensors
import Transformers

/// A small training loop with a fault of one's choice, run and recorded.
struct RecordedLoop {
  private static let lists = SortingLists(numbers: 20, length: 3)
  private static let steps = 160
  /// Records by what made them; an answer is checked more than once in one process.
  private static let known = Mutex<[String: TrainingRecord]>([:])
  private let fault: LoopFault
  private let seed: UInt64

  init(_ fault: LoopFault, seed: UInt64) {
    self.fault = fault
    self.seed = seed
  }

  /// What can be seen of the loop.
  func record() throws -> TrainingRecord {
    let name = "\(fault) \(seed)"
    if let record = Self.known.withLock({ $0[name] }) { return record }
    let record = try recorded()
    Self.known.withLock { $0[name] = record }
    return record
  }

  private func recorded() throws -> TrainingRecord {
    let lists = Self.lists
    let (model, losses, few) = try run(drawingFrom: seed)
    // Without a fault in its generator, a loop's second run repeats its first.
    let again =
      fault == .otherGenerator ? try run(drawingFrom: seed ^ 0x5DEE_CE66).losses : losses
    var generator = SeededGenerator(seed: seed ^ 0xF5E5)
    let held = few ?? lists.draw(.development, count: 60, using: &generator)
    let sorter = Sorter(lists: lists, model: model)
    let reported = zip(try sorter.predictions(of: held), held).count {
      $0 == targets($1)
    }
    let fresh = lists.draw(.test, count: 60, using: &generator)
    return TrainingRecord(
      losses: losses, lossesAgain: again, reported: Double(reported) / Double(held.count),
      numbers: lists.numbers, fresh: fresh, written: try sorter.predictions(of: fresh))
  }

  /// What the loop takes for the right answers.
  private func targets(_ list: [Int]) -> [Int] {
    let sorted = list.sorted()
    switch fault {
    case .lastToken: return sorted.map { _ in sorted[sorted.count - 1] }
    case .ownToken: return [Self.lists.middleToken] + sorted.dropLast()
    case .none, .otherModel, .otherGenerator, .sharedLists: return sorted
    }
  }

  private func run(
    drawingFrom batchSeed: UInt64
  ) throws -> (model: Transformer, losses: [Float], few: [[Int]]?) {
    let lists = Self.lists
    var generator = SeededGenerator(seed: seed)
    var model = Transformer(
      configuration: Sorter.configuration(for: lists, width: 48, headWidth: 16), using: &generator)
    generator = SeededGenerator(seed: batchSeed)
    let few = fault == .sharedLists ? lists.draw(.training, count: 20, using: &generator) : nil
    var optimizer = AdamW(betas: (0.9, 0.98))
    var other = model
    var losses: [Float] = []
    let schedule = LearningRateSchedule(peak: 1e-2, warmUpSteps: 20, totalSteps: Self.steps)
    for step in 0..<Self.steps {
      let batch =
        few.map { few in (0..<24).map { _ in few.randomElement(using: &generator)! } }
        ?? lists.draw(.training, count: 24, using: &generator)
      let input = ModelInput(tokens: batch.map { lists.tokens(of: $0) })
      let (loss, gradients) = try model.gradients { model in
        try model.run(input, logitsAt: lists.sortedRows).logits
          .crossEntropy(targets: batch.flatMap(targets))
      }
      losses.append(loss)
      let rate = schedule.rate(at: step)
      if fault == .otherModel {
        optimizer.update(&other, gradients: gradients, rate: rate)
      } else {
        optimizer.update(&model, gradients: gradients, rate: rate)
      }
    }
    return (model, losses, few)
  }
}
