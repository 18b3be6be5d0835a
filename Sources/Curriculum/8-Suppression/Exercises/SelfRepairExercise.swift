import Coursework
import SuppressionVocabulary
import Tensors
import Transformers

extension SuppressionSheet {
  /// 8.8: expected, lost, and who makes up for it.
  static let selfRepair = Exercise(
    "8.8", "What is left is not nothing", points: 4, difficulty: 5, importance: 5, minutes: 50,
    hints: [
      """
      Two runs of every text, one as it is and one with `replacement` in the head's place at every \
      position. Everything is measured at the same positions, on the same tokens, and by the same scale: \
      that of the run as it is.
      """,
      """
      The direct effect of a part on the next token is its output times the token's column of W_U, divided \
      by the scale of the final norm of the *first* run, in both runs. For a head: effect after minus \
      effect before is what it makes up. For the ablated head itself the same with its sign turned is what \
      is expected to be lost.
      """,
      """
      The actual drop is of the logit held against the mean of all logits, before minus after. What heads \
      and MLPs do not make up of expected − actual, the other scale does.
      """,
      """
      `before − after` of `logits[i, next] − mean(logits[i])` is `actual`; `heads[l, h]` is the mean of \
      `((resultAfter − resultBefore) * direction / scaleBefore).sum()`; set the head's own entry to 0 and \
      its negative to `expected`; `scale = expected − heads.sum() − mlps.sum() − actual`.
      """,
    ],
    interpretation: """
      What is lost is not what the direct effect says: later heads and MLPs read what the head wrote and \
      answer to its absence, and with the head goes a part of the stream's length. In GPT-2 small 39 % \
      of what is made up in indirect-object sentences is done by copy suppression: with nothing \
      predicted there is nothing to suppress. That also warns you about ablation. A head whose removal \
      costs nothing may do much, if others do it when it does not.
      """,
    cases: { generator in
      try [SuppressionModel.Kind.narrow, .wide, .tours].map { kind in
        let model = kind == .tours ? .tours : SuppressionModel(kind, using: &generator)
        let head =
          kind == .tours
          ? suppressors[Int.random(in: 0...2, using: &generator)]
          : model.head(layers: 0...(kind == .narrow ? 0 : 1), using: &generator)
        let texts = (kind == .tours ? [20, 12] : [5, 9, 4]).map {
          model.text($0, using: &generator)
        }
        let width = try model.made().configuration.decoder!.headWidth
        let name =
          switch kind {
          case .narrow: "random tokens, two layers"
          case .wide: "random tokens, three layers"
          default: "tours"
          }
        return Case(
          name,
          ReplacedHead(
            model: model, head: head,
            replacement: .randomNormal([width], standardDeviation: 0.4, using: &generator),
            texts: texts))
      }
    },
    parts: [Part(SuppressionAsks.repair) { try RepairLoop($0).judge }])
}

/// What is made up for, one product at a time, and what becomes of it by mistake.
private struct RepairLoop {
  private let key: ReplacedHead
  private let head: PlainHead
  private let pairs: [(before: PlainRun, after: PlainRun)]

  init(_ key: ReplacedHead) throws {
    self.key = key
    let model = try key.model.made()
    head = PlainHead(HeadMatrices(of: key.head, in: model))
    let replaced = key.head.replaced(by: key.replacement.values.map(Double.init))
    pairs = try key.texts.map {
      (try PlainRun(model, $0), try PlainRun(model, $0, intervening: [replaced]))
    }
  }

  private struct Parts {
    var heads: [[Double]]
    var mlps: [Double]
    var own: Double
  }

  /// How much more every part does after than before.
  ///
  /// - Parameter weighsTexts: Whether each text has the same weight, however long it is.
  private func parts(
    isScaled: Bool = true, isFrozen: Bool = true, weighsTexts: Bool = false
  ) throws -> Parts {
    let (layers, heads) = (pairs[0].before.layers, pairs[0].before.heads)
    // By text and position.
    var sums = Array(repeating: [[[Double]]](repeating: [], count: heads), count: layers)
    var mlps = Array(repeating: [[Double]](), count: layers)
    for (before, after) in pairs {
      let targets = before.nextTokens
      let old = isScaled ? try before.scales() : nil
      let new = isScaled ? try (isFrozen ? before : after).scales() : nil
      let first = try before.headEffects(on: targets, along: head.directions, scales: old)
      let second = try after.headEffects(on: targets, along: head.directions, scales: new)
      let firstMLPs = try before.mlpEffects(on: targets, along: head.directions, scales: old)
      let secondMLPs = try after.mlpEffects(on: targets, along: head.directions, scales: new)
      for layer in 0..<layers {
        for index in 0..<heads {
          sums[layer][index].append(
            Plain.sum(second[layer][index], first[layer][index], factor: -1))
        }
        mlps[layer].append(Plain.sum(secondMLPs[layer], firstMLPs[layer], factor: -1))
      }
    }
    func mean(_ texts: [[Double]]) -> Double {
      Plain.mean(weighsTexts ? texts.map { Plain.mean($0) } : texts.flatMap(\.self))
    }
    let means = sums.map { $0.map(mean) }
    return Parts(
      heads: means, mlps: mlps.map(mean), own: means[key.head.layer][key.head.head])
  }

  /// The mean drop of a value of the next token.
  private func drop(_ value: ([Double], _ token: Int) -> Double) -> Double {
    Plain.mean(
      pairs.flatMap { before, after in
        let (old, new) = (before.logits, after.logits)
        return before.nextTokens.map { value(old[$0], $1) - value(new[$0], $1) }
      })
  }

  private func repair(_ parts: Parts, actual: Double) -> Repair {
    var heads = parts.heads
    heads[key.head.layer][key.head.head] = 0
    let made = heads.joined().reduce(0, +) + parts.mlps.reduce(0, +)
    return Repair(
      expected: -parts.own, actual: actual,
      heads: Tensor(rows: heads.map { $0.map(Float.init) }),
      mlps: Tensor(parts.mlps.map(Float.init)), scale: -parts.own - made - actual)
  }

  var judge: FieldJudge<Repair> {
    get throws {
      let parts = try parts()
      let actual = drop { $0[$1] - Plain.mean($0) }
      let right = repair(parts, actual: actual)
      let bare = try self.parts(isScaled: false)
      let thawed = try self.parts(isFrozen: false)
      let byText = try self.parts(weighsTexts: true)
      let loss = drop { Plain.logSoftmax($0)[$1] }
      let plain = drop { $0[$1] }
      let number = SuppressionSheet.number
      var whole = right.heads
      whole[key.head.layer, key.head.head] = Float(parts.own)
      func without(_ parts: Parts) -> Tensor { repair(parts, actual: actual).heads }
      return FieldJudge([
        .init(
          \.expected,
          number(right.expected, "`expected`") {
            [
              ("`expected` has the wrong sign: above 0 is a drop", -right.expected),
              ("`expected` is not divided by the scale of the final norm", -bare.own),
              (
                "`expected` is by the scale of both runs; the final norm is held at that of the run as it is",
                -thawed.own
              ),
              (
                "`expected` gives each text the same weight, however long it is: the mean is over positions",
                -byText.own
              ),
              (
                "`expected` is the drop there is; by its direct effect alone the head is worth another",
                actual
              ),
            ]
          }),
        .init(
          \.actual,
          number(right.actual, "`actual`") {
            [
              ("`actual` has the wrong sign: above 0 is a drop", -actual),
              ("`actual` is a drop of log-probabilities; direct effects are of logits", loss),
              (
                "`actual` is a drop of bare logits: each is to be held against the mean of all, as W_U does it",
                plain
              ),
              ("`actual` is what is expected: later layers were not asked", right.expected),
            ]
          }),
        .init(
          \.heads,
          Expected(
            right.heads, tolerance: 1e-3, named: "`heads`", axes: ["layer", "head"]
          ) {
            [
              Mistake("the ablated head is no repairer of itself: its own entry is 0", whole),
              Mistake(
                "repairs have the wrong sign: above 0 is what a head makes up", right.heads * -1),
              Mistake(
                "each run has a scale of its own here; at the old scale one sees what heads write, and "
                  + "the new scale is counted by itself",
                without(thawed)),
              Mistake("repairs are not divided by the scale of the final norm", without(bare)),
            ]
          }),
        .init(
          \.mlps,
          Expected(right.mlps, tolerance: 1e-3, named: "`mlps`", axes: ["layer"]) {
            [
              Mistake(
                "repairs have the wrong sign: above 0 is what an MLP makes up", right.mlps * -1),
              Mistake(
                "each run has a scale of its own here; the final norm is held at that of the run as it is",
                thawed.mlps),
              Mistake("repairs are not divided by the scale of the final norm", bare.mlps),
            ]
          }),
        .init(
          \.scale,
          number(right.scale, "`scale`") {
            [
              (
                "`scale` has the wrong sign: expected − heads − MLPs − scale = actual", -right.scale
              ),
              (
                "`scale` is all that is made up; heads and MLPs have their share",
                right.expected - right.actual
              ),
              ("`scale` is left at 0, but the parts have to add up", 0),
            ]
          }),
      ])
    }
  }
}
