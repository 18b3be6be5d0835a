import Interpretability
import Interventions
import Tensors
import Transformers
import XCTest

/// The exact identities of Patchscopes.
final class PatchscopeTests: XCTestCase {
  private let tokens = randomTokens(8)

  func testTheLogitLensIsAPatchscope() throws {
    for model in [tinyDecoder(), tinyDecoder(isLlama: true)] {
      let logits = model.logits(of: try model.residualStates(of: ModelInput(tokens)))
      for layer in 0...3 {
        for position in [0, 4, 7] {
          let scope = Patchscope.logitLens(model, tokens, position: position, layer: layer)
          XCTAssertLessThan(
            distance(try scope.logits()[at: position], logits[at: layer][at: position]), 1e-5)
        }
      }
    }
  }

  func testTheAffineLensIsAPatchscope() throws {
    let model = tinyDecoder()
    let states = try model.residualStates(
      of: ModelInput(tokens: (0..<6).map { randomTokens(20, seed: $0) }))
    let lens = AffineLens(fitting: states, ridge: 1e-3)
    let own = try model.residualStates(of: ModelInput(tokens))
    let logits = model.logits(of: own, through: lens)
    for layer in 0...3 {
      let scope = Patchscope.lens(lens, model, tokens, position: 5, layer: layer)
      XCTAssertLessThan(distance(try scope.logits()[at: 5], logits[at: layer][at: 5]), 1e-4)
    }
  }

  func testAStateInItsOwnPlaceChangesNothing() throws {
    for model in [tinyDecoder(), tinyDecoder(isLlama: true)] {
      let plain = try model(ModelInput(tokens))[at: 0]
      for layer in 0...3 {
        let scope = Patchscope(
          source: .init(model, tokens, position: 3, layer: layer),
          target: .init(model, tokens, position: 3, layer: layer))
        XCTAssertLessThan(distance(try scope.logits(), plain), 1e-5)
      }
    }
  }

  func testAPatchIsTheInterventionItStandsFor() throws {
    let (source, target) = (tinyDecoder(3), tinyDecoder(4))
    let point = target.configuration.residualPoints[2]
    let there = try source.residualStates(of: ModelInput(tokens)).values[at: 1].slice(6..<7)
    let prompt = randomTokens(5, seed: 9)
    let patched = try target.run(
      ModelInput(prompt),
      intervening: [
        Intervention(at: point) { residual in
          var changed = residual
          for column in 0..<12 { changed[0, 2, column] = 2 * there[0, column] }
          return changed
        }
      ]
    ).logits[at: 0]
    let scope = Patchscope(
      source: .init(source, tokens, position: 6, layer: 1), map: { $0 * 2 },
      target: .init(target, prompt, position: 2, layer: 2))
    let found = try scope.logits()
    XCTAssertLessThan(distance(found, patched), 1e-5)
    let plain = try target(ModelInput(prompt))[at: 0]
    XCTAssertLessThan(
      distance(found.slice(0..<2), plain.slice(0..<2)), 1e-5, "what comes before is untouched")
    XCTAssertGreaterThan(distance(found[at: 2], plain[at: 2]), 0.01)
  }

  func testABatchOfPatchesIsThePatchesOneByOne() throws {
    let model = tinyDecoder(isLlama: true)
    let states = try model.residualStates(of: ModelInput(tokens)).values[at: 2]
    let target = Patchscope.Target(model, randomTokens(6, seed: 2), position: 5, layer: 1)
    let batch = try target.logits(patching: states, at: 5)
    for row in 0..<8 {
      let alone = try target.logits(patching: states.slice(row..<(row + 1)))
      XCTAssertLessThan(distance(batch[at: row], alone[at: 0][at: 5]), 1e-5)
    }
  }

  func testTokenIdentityIsThePatchscopeItSaysItIs() throws {
    let model = tinyDecoder()
    let prompt = randomTokens(7, seed: 6)
    let states = try model.residualStates(of: ModelInput(tokens))
    let reading = try TokenIdentity(model, prompt: prompt).reading(of: states)
    let final = try model(ModelInput(tokens))[at: 0].argmax()
    for layer in 0...3 {
      for position in 0..<8 {
        let scope = Patchscope(
          source: .init(model, tokens, position: position, layer: layer),
          target: .init(model, prompt, position: 6, layer: layer))
        let token = try scope.logits()[at: 6].argmax()[0]
        XCTAssertEqual(reading.cells[layer][position].token, token)
        XCTAssertEqual(reading.cells[layer][position].agrees, token == final[position])
      }
    }
    // After the last block nothing of the prompt is left.
    XCTAssertEqual(reading.precision[3].mean, 1)
  }

  func testPlacesThatDoNotExistAreRefusedInASentence() throws {
    let model = tinyDecoder()
    func message(_ scope: Patchscope) -> String {
      do { _ = try scope.logits() } catch { return "\(error)" }
      return ""
    }
    let (source, target) = (
      Patchscope.Source(model, tokens, position: 0, layer: 0),
      Patchscope.Target(model, tokens, position: 0, layer: 0)
    )
    XCTAssertTrue(
      message(Patchscope(source: .init(model, tokens, position: 0, layer: 4), target: target))
        .hasPrefix("layer 4 of the source does not exist"))
    XCTAssertTrue(
      message(Patchscope(source: source, target: .init(model, tokens, position: 8, layer: 0)))
        .hasPrefix("position 8 is outside the target's 8 tokens"))
    XCTAssertTrue(
      message(Patchscope(source: source, map: { $0.slice(axis: 1, 0..<5) }, target: target))
        .contains("has the shape [1, 5]"))
    XCTAssertTrue(
      message(
        Patchscope(source: .init(tinyTranslator, [1, 2], position: 0, layer: 0), target: target)
      ).contains("has an encoder and a decoder"))
  }

  func testARunFromTheMiddleIsTheRun() throws {
    for model in [tinyDecoder(), tinyDecoder(isLlama: true)] {
      let (rows, mask) = ModelInput.padding([tokens, [3, 4]], with: 0, at: .front)
      let input = ModelInput(tokens: rows, mask: mask)
      let points = model.configuration.residualPoints
      let whole = try model.run(input, capturing: .points(Set(points)))
      for layer in 0...3 {
        let rest = try model.run(
          input, from: .residual(whole.trace[points[layer]], afterBlocks: layer))
        XCTAssertLessThan(distance(rest.logits, whole.logits), 1e-5)
      }
      XCTAssertThrowsError(
        try model.run(
          input, from: .residual(whole.trace[points[2]], afterBlocks: 2), capturing: [points[1]])
      ) { XCTAssertTrue("\($0)".contains("never"), "\($0)") }
    }
  }
}
