import Interpretability
import Tensors
import Transformers
import XCTest

@testable import Laboratory
@testable import Training

final class ReaderPhenomenaTests: XCTestCase {
  func testQuestionsAreWhereTheirAnswersFollow() {
    let batch = ReaderQuestions(.facts, count: 20, split: .test)
    XCTAssertEqual(batch.texts.count, 20)
    XCTAssertEqual(batch.questions.count, 20)
    for question in batch.questions {
      let text = batch.texts[question.row]
      XCTAssertTrue(question.plant.isHeldOut)
      XCTAssertEqual(batch.input.tokens[question.row][question.position + 1], question.answer)
      XCTAssertEqual(
        ReaderVocabulary.words[question.answer], text.answer(of: question.plant)[0])
    }
  }

  func testEveryPhenomenonIsMeasuredAndNoneOfAModelThatKnowsNothing() throws {
    var recipe = ReaderRecipe()
    recipe.layerCount = 2
    recipe.headCount = 2
    recipe.width = 16
    var generator = SeededGenerator(seed: 4)
    var model = Transformer(configuration: recipe.configuration, using: &generator)
    // With no embedding all words are as likely, and no head matters.
    model.embedding = .zeros(model.embedding.shape)
    let found = try ReaderPhenomenon.measure(model)
    XCTAssertEqual(Set(found.map(\.name)).count, found.count)
    let uniform = 1 / Double(ReaderVocabulary.words.count)
    for phenomenon in found {
      XCTAssertFalse(phenomenon.figures.isEmpty, phenomenon.name)
      XCTAssertTrue(phenomenon.figures.allSatisfy { $0.value.isFinite }, phenomenon.name)
      for figure in phenomenon.figures {
        let place = "\(phenomenon.name): \(figure.name)"
        switch true {
        case phenomenon.name.contains("nats lost"), phenomenon.name.contains("correlation"),
          figure.name.contains("difference"), figure.name.contains("gain"):
          XCTAssertEqual(figure.value, 0, accuracy: 1e-5, place)
        case phenomenon.name.hasPrefix("causal tracing"):
          XCTAssertEqual(
            figure.value, figure.name.contains("restored") ? 0 : uniform, accuracy: 1e-6, place)
        default: break
        }
      }
    }
  }
}
