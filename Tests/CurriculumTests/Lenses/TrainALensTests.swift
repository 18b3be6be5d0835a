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

  private static func solution(_ question: Question) throws -> [AffineMap] {
    try Solution5.Answers().tunedLens(
      on: question.states, of: question.model.made(), seed: question.seed)
  }

  private static func untrained(_ question: Question) -> [AffineMap] {
    TunedLens(layerCount: question.states.layerCount, width: LensModel.width).translators
  }

  private static func edited(
    _ question: Question, _ edit: (inout AffineMap) -> Void
  ) throws -> [AffineMap] {
    var lens = try solution(question)
    for layer in lens.indices { edit(&lens[layer]) }
    return lens
  }

  private func misconception(
    _ name: String, says: String?, answer: @escaping @Sendable (Question) throws -> [AffineMap]
  ) -> Misconception {
    Misconception(of: LensSheet.tunedLens, name, says: says, answer: answer)
  }

  func testWrongLensesAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("untrained", says: "this is the logit lens, untrained") { question in
        Self.untrained(question)
      },
      misconception("biases alone", says: "only the biases were trained") { question in
        try Self.edited(question) { $0.weight = .zeros($0.weight.shape) }
      },
      misconception("a map instead of what is added", says: "the identity already") { question in
        try Self.edited(question) { translator in
          for place in 0..<LensModel.width { translator.weight[place, place] += 1 }
        }
      },
      misconception("transposed", says: "the matrix is transposed") { question in
        try Self.edited(question) { $0.weight = $0.weight.transposed() }
      },
      misconception("backwards", says: "in the wrong order") { question in
        var lens = try Self.solution(question)
        lens.reverse()
        return lens
      },
      misconception("one for all", says: "all layers have the same translator") { question in
        var lens = try Self.solution(question)
        lens = Array(repeating: lens[lens.count - 1], count: lens.count)
        return lens
      },
      misconception("one for the last", says: "needs none") { question in
        var lens = try Self.solution(question)
        lens.append(Self.untrained(question)[0])
        return lens
      },
      misconception("a few positions by heart", says: "on new positions") { question in
        var few = question
        few.states = question.states.at(Array(0..<12))
        return try Self.solution(few)
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightLensesAreAccepted() {
    let variants = [
      Variant(of: LensSheet.tunedLens, "by the library, in batches") { (question: Question) in
        var training = TunedLens.Training()
        training.rate = 1e-2
        training.steps = 300
        return TunedLens(
          training: question.states, of: try question.model.made(), as: training,
          seed: question.seed
        ).translators
      },
      Variant(of: LensSheet.tunedLens, "from a start of least squares") { (question: Question) in
        var lens = Self.untrained(question)
        let model = try question.model.made()
        let last = question.states.values[at: question.states.layerCount - 1]
        let clean = model.logits(ofNormed: model.finalNorm(last)).softmax()
        let start = AffineLens(fitting: question.states)
        for layer in lens.indices {
          var translator = lens[layer]
          translator.weight = start.maps[layer].weight
          for place in 0..<LensModel.width { translator.weight[place, place] -= 1 }
          translator.bias = start.maps[layer].bias
          var optimiser = AdamW()
          for _ in 0..<120 {
            let watched = translator.requiringGradients()
            let own = question.states.values[at: layer]
            let logits = model.logits(ofNormed: model.finalNorm(own + watched(own)))
            let loss =
              -(clean * logits.logSoftmax()).sum() / Float(question.states.positionCount)
            let gradients = gradient(
              of: loss, withRespectTo: [watched.weight, watched.bias])
            optimiser.update(&translator, gradients: gradients, rate: 0.01)
          }
          lens[layer] = translator
        }
        return lens
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  func testNonsenseEarnsNothing() {
    let odd: [@Sendable (inout AffineMap) -> Void] = [
      { $0.weight = Tensor([]) }, { $0.bias = Tensor(scalar: .nan) },
      { $0.weight = Tensor(repeating: 1e38, shape: [12, 12]) },
      { $0.weight = Tensor(repeating: .nan, shape: [12, 12]) },
      { $0.bias = Tensor(repeating: .infinity, shape: [12]) },
    ]
    for edit in odd {
      let nonsense = misconception("nonsense", says: nil) { question in
        var lens = Self.untrained(question)
        for layer in lens.indices { edit(&lens[layer]) }
        return lens
      }
      XCTAssertNil(nonsense.fault())
    }
  }
}
