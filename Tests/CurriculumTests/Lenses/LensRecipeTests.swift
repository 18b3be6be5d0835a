import Answering
import Coursework
import Interpretability
import Interventions
import Tensors
import Transformers
import XCTest

@testable import LensesExercises
@testable import LensesVocabulary
@testable import Solution5

/// Exercise 5.10: what is rejected, what is accepted.
final class LensRecipeTests: XCTestCase {
  private typealias Question = LensOfPlace

  private func misconception(
    _ name: String, says: String?,
    _ change: @escaping @Sendable (Question, inout PatchRecipe) -> Void
  ) -> Misconception {
    Misconception(of: LensSheet.lensRecipes, name, says: says) { (question: Question) in
      var recipe = try Self.solution(question)
      change(question, &recipe)
      return recipe
    }
  }

  private static func solution(_ question: Question) throws -> PatchRecipe {
    try Solution5.Answers().recipe(
      for: question.lens, of: question.source, in: question.model.made())
  }

  func testWrongRecipesAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("what is added is the map", says: "with the state itself in it") {
        if case .tuned(let added) = $0.lens { $1.map = added }
      },
      misconception("every map is added", says: "h is not added to it") { question, recipe in
        if case .affine(var map) = question.lens {
          for place in 0..<map.weight.shape[0] { map.weight[place, place] += 1 }
          recipe.map = map
        }
      },
      misconception("no map", says: "this lens maps it first") { $1.map = nil },
      misconception("transposed", says: "the map's matrix is transposed") { _, recipe in
        if let map = recipe.map {
          recipe.map = AffineMap(weight: map.weight.transposed(), bias: map.bias)
        }
      },
      misconception("back to its own layer", says: "would work on the state") {
        $1.target.layer = $0.source.layer
      },
      misconception("before the last block", says: "what leaves the last block, is layer") {
        question, recipe in
        if case .tokenIdentity = question.lens { return }
        recipe.target.layer -= 1
      },
      misconception("identity at the end", says: "nothing of the prompt is left") {
        question, recipe in
        if case .tokenIdentity = question.lens {
          recipe.target.layer = try! question.model.made().configuration.residualPoints.count - 1
        }
      },
      misconception("identity at layer 0", says: "to the layer that it comes from") {
        question, recipe in
        if case .tokenIdentity = question.lens { recipe.target.layer = 0 }
      },
      misconception("identity in S", says: "in a text of its own") {
        $1.target.tokens = $0.source.tokens
      },
      misconception("behind the prompt", says: "behind the prompt") { question, recipe in
        if case .tokenIdentity(let prompt) = question.lens { recipe.target.position = prompt.count }
      },
      misconception("at position i of the prompt", says: "the place of the prompt's last token") {
        if case .tokenIdentity = $0.lens { $1.target.position = $0.source.position }
      },
      misconception("ahead", says: "the map looks ahead") { question, recipe in
        if case .future(_, let distance) = question.lens { recipe.target.position += distance }
      },
      misconception("always the next token", says: "n tokens later") {
        $1.predicts = $0.source.position + 1
      },
      misconception("row i is about token i", says: "row i predicts the token at i + 1") {
        $1.predicts = $0.source.position
      },
      misconception("the row that it stands for", says: "that at i + n + 1") {
        question, recipe in
        if case .future = question.lens { recipe.predicts -= 1 }
      },
      misconception("behind the prompt, again", says: "and not against the prompt's next") {
        if case .tokenIdentity(let prompt) = $0.lens { $1.predicts = prompt.count }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightRecipesAreAccepted() {
    let variants = [
      Variant(of: LensSheet.lensRecipes, "the identity written out") { (question: Question) in
        var recipe = try Self.solution(question)
        if recipe.map == nil {
          let width = try question.model.made().configuration.width
          var map = AffineMap(weight: .zeros([width, width]), bias: .zeros([width]))
          for place in 0..<width { map.weight[place, place] = 1 }
          recipe.map = map
        }
        return recipe
      },
      Variant(of: LensSheet.lensRecipes, "the map from what it makes of the axes") {
        (question: Question) in
        var recipe = try Self.solution(question)
        let width = try question.model.made().configuration.width
        var axes = Tensor.zeros([width, width])
        for place in 0..<width { axes[place, place] = 1 }
        let nothing = Tensor.zeros([1, width])
        /// What the lens itself does to states.
        func read(_ states: Tensor) -> Tensor {
          switch question.lens {
          case .affine(let map): AffineLens(maps: [map]).translate(states, layer: 0)
          case .tuned(let added): TunedLens(translators: [added]).translate(states, layer: 0)
          case .future(let map, _): map(states)
          case .logit, .tokenIdentity: states
          }
        }
        let bias = read(nothing)
        recipe.map = AffineMap(
          weight: (read(axes) - bias).transposed(), bias: bias.reshaped(to: [width]))
        return recipe
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  /// What the recipes give is what the lenses themselves give.
  func testRecipesGiveWhatLensesGive() throws {
    for aCase in try LensSheet.lensRecipes.cases(seed: 5) {
      let question = try Coding.decode(Question.self, from: aCase.question)
      let (model, source) = (try question.model.made(), question.source)
      let recipe = try Self.solution(question)
      let found = try Patchscope(
        source: .init(model, source.tokens, position: source.position, layer: source.layer),
        map: { recipe.map?($0) ?? $0 },
        target: .init(
          model, recipe.target.tokens, position: recipe.target.position,
          layer: recipe.target.layer)
      ).logits()[at: recipe.target.position]
      let states = try model.residualStates(of: ModelInput(source.tokens)).at([source.position])
      let own = states.values[at: source.layer]
      func unembedded(_ rows: Tensor) -> Tensor {
        model.logits(ofNormed: model.finalNorm(rows))[at: 0]
      }
      let expected: Tensor
      switch question.lens {
      case .logit: expected = unembedded(own)
      case .affine(let map):
        expected = unembedded(AffineLens(maps: [map]).translate(own, layer: 0))
      case .tuned(let added):
        expected = unembedded(TunedLens(translators: [added]).translate(own, layer: 0))
      case .tokenIdentity(let prompt):
        expected = try Patchscope.Target(
          model, prompt, position: prompt.count - 1, layer: source.layer
        ).logits(patching: own, at: prompt.count - 1)[at: 0]
      case .future(let map, _): expected = unembedded(map(own))
      }
      XCTAssertTrue(Verdict.areSame(found.values, expected.values, tolerance: 1e-3), aCase.name)
    }
  }

  func testNonsenseEarnsNothing() {
    let nonsense = [
      misconception("nowhere", says: nil) { _, recipe in
        recipe.target = PatchPlace(tokens: [], position: -1, layer: 99)
      },
      misconception("no numbers", says: nil) { _, recipe in
        recipe.map = AffineMap(weight: .zeros([1, 1]), bias: Tensor([.nan]))
        recipe.map?.weight = Tensor([])
      },
      misconception("never", says: nil) { _, recipe in recipe.predicts = .min },
    ]
    XCTAssertEqual(nonsense.faults(), [])
  }
}
