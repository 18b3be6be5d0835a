import Coursework
import Interpretability
import SheetTools
import Tensors
import Transformers
import XCTest

@testable import LensesExercises
@testable import LensesVocabulary
@testable import Solution5

/// Exercise 5.7: what is rejected, what is accepted.
final class TrainALensTests: XCTestCase {
  private typealias Question = StatesToTuneOn

  private static func solution(_ question: Question) throws -> AffineMap {
    try Solution5.Answers().translator(
      from: question.states.values[at: 0], to: question.states.values[at: 1],
      of: question.model.made(), seed: question.seed)
  }

  private static func width(_ question: Question) -> Int { question.states.values.shape[2] }

  private static func untrained(_ question: Question) -> AffineMap {
    let width = width(question)
    return AffineMap(weight: .zeros([width, width]), bias: .zeros([width]))
  }

  private static func adding(_ identities: Float, to map: AffineMap) -> AffineMap {
    var map = map
    for place in 0..<map.weight.shape[0] { map.weight[place, place] += identities }
    return map
  }

  /// The map from the layer's states to the last ones with the least squared error.
  private static func leastSquares(_ question: Question, ridge: Float = 1e-5) -> AffineMap {
    .leastSquares(
      from: question.states.values[at: 0], to: question.states.values[at: 1], ridge: ridge)
  }

  /// Training to a goal of one's own, all positions at once.
  private static func trained(
    _ question: Question, from start: AffineMap? = nil, steps: Int, rate: Float,
    _ loss: (Transformer, _ logits: Tensor, _ translated: Tensor) -> Tensor
  ) throws -> AffineMap {
    let model = try question.model.made()
    let own = question.states.values[at: 0]
    var added = start ?? untrained(question)
    var optimiser = AdamW()
    for step in 0..<steps {
      let watched = added.requiringGradients()
      let translated = own + watched(own)
      let logits = model.logits(ofNormed: model.finalNorm(translated))
      let gradients = gradient(
        of: loss(model, logits, translated), withRespectTo: [watched.weight, watched.bias])
      optimiser.update(
        &added, gradients: gradients, rate: rate * (1 - Float(step) / Float(steps)))
    }
    return added
  }

  private func misconception(
    _ name: String, says: String?, answer: @escaping @Sendable (Question) throws -> AffineMap
  ) -> Misconception {
    Misconception(of: LensSheet.tunedLens, name, says: says, answer: answer)
  }

  func testWrongLensesAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("untrained", says: "this is the logit lens, untrained") {
        Self.untrained($0)
      },
      misconception("the bias alone", says: "only the bias was trained") { question in
        var added = try Self.solution(question)
        added.weight = .zeros(added.weight.shape)
        return added
      },
      misconception("a map instead of what is added", says: "the identity already") { question in
        Self.adding(1, to: try Self.solution(question))
      },
      misconception("least squares", says: "this is least squares to the last state") { question in
        Self.adding(-1, to: Self.leastSquares(question))
      },
      misconception("least squares held in", says: "this is least squares to the last state") {
        Self.adding(-1, to: Self.leastSquares($0, ridge: 1e-2))
      },
      misconception("least squares as it is", says: "counts the state twice") { question in
        Self.leastSquares(question)
      },
      misconception("transposed", says: "the matrix is transposed") { question in
        var added = try Self.solution(question)
        added.weight = added.weight.transposed()
        return added
      },
      misconception("fifty positions by heart", says: "train on all positions") { question in
        var few = question
        let count = few.states.positionCount
        few.states = few.states.at((0..<50).map { $0 * count / 50 })
        return try Self.solution(few)
      },
      misconception("a few steps", says: "or longer") { question in
        try Self.trained(question, steps: 4, rate: 0.005) { model, logits, _ in
          let goal = model.logits(
            ofNormed: model.finalNorm(question.states.values[at: 1])
          ).softmax()
          return -(goal * logits.logSoftmax()).sum() / Float(goal.shape[0])
        }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightLensesAreAccepted() {
    let variants = [
      Variant(of: LensSheet.tunedLens, "by the library") { (question: Question) in
        var training = TunedLens.Training()
        training.rate = 5e-3
        return TunedLens(
          training: question.states, of: try question.model.made(), as: training,
          seed: question.seed
        ).translators[0]
      },
      Variant(of: LensSheet.tunedLens, "KL itself, all positions, from least squares") {
        (question: Question) in
        let start = Self.adding(-1, to: Self.leastSquares(question))
        return try Self.trained(question, from: start, steps: 40, rate: 0.003) {
          model, logits, _ in
          let clean = model.logits(ofNormed: model.finalNorm(question.states.values[at: 1]))
            .logSoftmax()
          return (clean.exponential() * (clean - logits.logSoftmax())).sum()
            / Float(clean.shape[0])
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    let odd: [@Sendable (inout AffineMap) -> Void] = [
      { $0.weight = Tensor([]) }, { $0.bias = Tensor(scalar: .nan) },
      { $0.weight = Tensor(repeating: 1e38, shape: $0.weight.shape) },
      { $0.weight = Tensor(repeating: .nan, shape: $0.weight.shape) },
      { $0.bias = Tensor(repeating: .infinity, shape: $0.bias.shape) },
    ]
    for edit in odd {
      let nonsense = misconception("nonsense", says: nil) { question in
        var added = Self.untrained(question)
        edit(&added)
        return added
      }
      XCTAssertNil(nonsense.fault())
    }
  }
}
