import Coursework
import Interpretability
import LensesVocabulary
import Tensors
import Transformers

extension LensSheet {
  /// 5.10: five lenses, one frame.
  static let lensRecipes = Exercise(
    "5.10", "Every lens is a Patchscope", points: 4, difficulty: 4, importance: 4, minutes: 30,
    hints: [
      """
      For each lens, say in a sentence what becomes of the state: is it read at once, or by blocks that \
      are still to come? In its own text, or in another? As it is, or mapped?
      """,
      """
      Four of the five read the state as if all blocks had been passed: T = S, i* = i, l* = the number of \
      blocks. They differ in f alone. Token identity is the fifth: T is the prompt, i* its end, l* = l.
      """,
      """
      The affine lens's map gives the last state itself. The tuned lens's gives what is *added*: f(h) = \
      h + A h + b, so its matrix is the identity and A. Row i predicts the token at i + 1. What the future \
      lens puts there stands for row i + n.
      """,
      """
      `switch lens { case .logit: PatchRecipe(map: nil, target: end, predicts: source.position + 1) … case \
      .tuned(var map): for c in 0..<width { map.weight[c, c] += 1 } … }`, with `end` the source at layer \
      `model.configuration.residualPoints.count - 1`.
      """,
    ],
    interpretation: """
      One frame holds all of them, so one program runs them, and one figure compares them: the lenses of \
      the last page differ in f, trained or not, and in whether any block is left to read the state. The \
      frame also says what could be tried next: f and a prompt at once, another layer, another model. \
      Sheet 6 does. And the future lens has no other place to put its state than the others: that it \
      speaks of a later token is in the map alone, which somebody has trained to.
      """,
    cases: { generator in
      let kinds: [(String, LensModel)] = [
        ("the logit lens", .wideReader), ("the affine lens", .reader), ("the tuned lens", .reader),
        ("token identity", .otherReader), ("the future lens", .reader),
      ]
      return try kinds.map { name, model in
        let tokens = LensTexts.beginning(14, using: &generator)
        let source = PatchPlace(
          tokens: tokens, position: Int.random(in: 2..<9, using: &generator),
          layer: Int.random(in: 1...4, using: &generator))
        var map = try affineMap(of: model, layer: source.layer, using: &generator)
        let lens: NamedLens
        switch name {
        case "the logit lens": lens = .logit
        case "the affine lens": lens = .affine(map)
        case "the tuned lens":
          for place in 0..<map.weight.shape[0] { map.weight[place, place] -= 1 }
          lens = .tuned(added: map)
        case "token identity": lens = .tokenIdentity(prompt: identityPrompt)
        default: lens = .future(map, distance: Int.random(in: 2...3, using: &generator))
        }
        return Case(name, LensOfPlace(model: model, lens: lens, source: source))
      }
    },
    parts: [Part(LensAsks.recipe, judge: RecipeJudge.init)])
}

/// Holds a recipe against what the lens is.
private struct RecipeJudge: Judge {
  private let key: LensOfPlace
  /// L and the width.
  private let (last, width): (Int, Int)

  init(_ key: LensOfPlace) throws {
    self.key = key
    let configuration = try key.model.made().configuration
    (last, width) = (configuration.residualPoints.count - 1, configuration.width)
  }

  private func plus(_ map: AffineMap, identities: Float) -> AffineMap {
    var map = map
    for place in 0..<width { map.weight[place, place] += identities }
    return map
  }

  private var identity: AffineMap {
    plus(AffineMap(weight: .zeros([width, width]), bias: .zeros([width])), identities: 1)
  }

  /// f.
  private var map: AffineMap {
    switch key.lens {
    case .logit, .tokenIdentity: identity
    case .affine(let map), .future(let map, _): map
    case .tuned(let added): plus(added, identities: 1)
    }
  }

  /// T, where it is not S.
  private var prompt: [Int]? {
    if case .tokenIdentity(let prompt) = key.lens { prompt } else { nil }
  }

  private var distance: Int {
    if case .future(_, let distance) = key.lens { distance } else { 0 }
  }

  private func areSame(_ map: AffineMap, _ other: AffineMap) -> Bool {
    Verdict.areSame(map.weight.values, other.weight.values)
      && Verdict.areSame(map.bias.values, other.bias.values)
  }

  func verdict(on recipe: PatchRecipe) -> Verdict {
    if let map = recipe.map {
      if let problem = Verdict.problem(
        with: map.weight, shape: [width, width], named: "the map's weight")
        ?? Verdict.problem(with: map.bias, shape: [width], named: "the map's bias")
      {
        return problem
      }
    }
    let problem =
      problem(with: recipe.target) ?? problem(with: recipe.map ?? identity)
      ?? problem(predicting: recipe.predicts)
    return problem.map { .failed($0) } ?? .passed()
  }

  private func problem(with target: PatchPlace) -> String? {
    let (source, tokens) = (key.source, prompt ?? key.source.tokens)
    guard target.tokens == tokens else {
      return prompt == nil
        ? "T is another text than S: this lens reads a state where it stands"
        : target.tokens == source.tokens
          ? "T is S: token identity asks in a text of its own, the prompt"
          : "T is not the prompt as it was given"
    }
    let position = prompt == nil ? source.position : tokens.count - 1
    guard target.position == position else {
      if prompt != nil {
        return target.position == tokens.count
          ? "i* is behind the prompt: positions count from 0, and the state takes the place of its last token"
          : "the state goes into the place of the prompt's last token"
      }
      return distance > 0 && target.position == position + distance
        ? "the state stays where it was taken: the map looks ahead, and not i*"
        : "i* is i: the state is read where it was taken"
    }
    let layer = prompt == nil ? last : source.layer
    guard target.layer == layer else {
      if prompt != nil {
        return target.layer == last
          ? "after the last block nothing of the prompt is left, and this is the logit lens; l* is l"
          : "l* is l: the state goes to the layer that it comes from"
      }
      if target.layer == source.layer {
        return
          "l* is l: blocks l to L would work on the state, and the lens reads it without them; l* is L"
      }
      return
        "l* is \(target.layer), and L, what leaves the last block, is layer \(last) of `residualPoints`"
    }
    return nil
  }

  private func problem(with found: AffineMap) -> String? {
    let right = map
    if areSame(found, right) { return nil }
    if areSame(found, identity) { return "the state went in as it is: this lens maps it first" }
    switch key.lens {
    case .logit, .tokenIdentity: return "this lens takes the state as it is; it has no map"
    case .tuned(let added) where areSame(found, added):
      return "A and b are what is *added*: f gives h + A h + b, with the state itself in it"
    case .affine(let map) where areSame(found, plus(map, identities: 1)),
      .future(let map, _) where areSame(found, plus(map, identities: 1)):
      return "this map gives the last state itself; h is not added to it"
    default: break
    }
    var turned = found
    turned.weight = found.weight.transposed()
    return areSame(turned, right)
      ? "the map's matrix is transposed" : "the map is not the one of this lens"
  }

  private func problem(predicting position: Int) -> String? {
    let right = key.source.position + distance + 1
    if position == right { return nil }
    if position == right - 1 {
      return
        "row i predicts the token at i + 1\(distance > 0 ? ", and what stands for row i + n that at i + n + 1" : "")"
    }
    if distance > 0, position == key.source.position + 1 {
      return
        "what goes in stands for the last state n tokens later: the logits are about token i + n + 1"
    }
    if prompt != nil, position >= (prompt ?? []).count {
      return
        "the logits are held against what S goes on with, at i + 1, and not against the prompt's next token"
    }
    return "the token that the logits are about stands at another position of S"
  }
}
