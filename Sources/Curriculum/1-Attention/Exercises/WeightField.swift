import AttentionVocabulary
import Coursework
import Tensors
import Transformers

/// A count of weights, and how it is easily missed.
struct WeightField {
  /// A wrong way to count.
  struct Mistake {
    var value: (AttentionSheet.ModelKey) -> Int
    var says: String
  }

  var name: String
  var value: KeyPath<WeightCounts, Int>
  var place: String
  var mistakes: [Mistake]

  static func verdict(on answer: WeightCounts, _ key: AttentionSheet.ModelKey) -> Verdict {
    let wrong = all.filter { answer[keyPath: $0.value] != key.weights[keyPath: $0.value] }
    guard let first = wrong.first else { return .passed() }
    let (found, wanted) = (answer[keyPath: first.value], key.weights[keyPath: first.value])
    let reason = first.mistakes.first { $0.value(key) == found }?.says ?? first.place
    return .partial(
      Double(all.count - wrong.count) / Double(all.count), "\(first.name) are wrong: \(reason)",
      detail: "they are \(wanted), not \(found)")
  }

  private static var all: [WeightField] {
    [
      WeightField(
        name: "the weights of the encoder's attention", value: \.encoderAttention,
        place: attention,
        mistakes: attentionMistakes { $0.weighed.encoderLayers }),
      WeightField(
        name: "the weights of the decoder's attention", value: \.decoderAttention,
        place: attention,
        mistakes: [
          Mistake(
            value: { 4 &* $0.weighed.decoderLayers &* matrix($0) },
            says: "a block of the decoder has two attentions: its own, and cross-attention")
        ] + attentionMistakes { 2 &* $0.weighed.decoderLayers }),
      WeightField(
        name: "the weights of the MLPs", value: \.mlp,
        place: "every block of both stacks has one: from the width to the feed-forward width and "
          + "back, and with a gate there twice",
        mistakes: [
          Mistake(
            value: { ($0.hasGate ? 2 : 3) &* hidden($0) },
            says: "with a gate an MLP has three matrices, two of which lead in; without it two"),
          Mistake(
            value: { ($0.hasGate ? 3 : 2) &* hidden($0, layers: $0.weighed.encoderLayers) },
            says: "the decoder's blocks have MLPs too"),
          Mistake(
            value: { ($0.hasGate ? 3 : 2) &* hidden($0, layers: $0.weighed.decoderLayers) },
            says: "the encoder's blocks have MLPs too"),
          Mistake(value: { hidden($0) }, says: "one matrix leads in and one leads out again"),
        ]),
    ]
  }

  private static let attention =
    "queries, keys, values and the output have a matrix each, between the width and all heads side "
    + "by side"

  /// The stream's width times all heads side by side.
  private static func matrix(_ key: AttentionSheet.ModelKey) -> Int {
    key.weighed.width &* key.weighed.heads &* key.weighed.headWidth
  }

  private static func hidden(_ key: AttentionSheet.ModelKey, layers: Int? = nil) -> Int {
    let all = key.weighed.encoderLayers &+ key.weighed.decoderLayers
    return (layers ?? all) &* key.weighed.width &* key.weighed.feedForwardWidth
  }

  /// - Parameter attentions: How many attentions the stack has.
  private static func attentionMistakes(
    _ attentions: @escaping (AttentionSheet.ModelKey) -> Int
  ) -> [Mistake] {
    [
      Mistake(
        value: { 3 &* attentions($0) &* matrix($0) },
        says: "what the heads have mixed is written back by a fourth matrix, the output's"),
      Mistake(
        value: { 4 &* attentions($0) &* $0.weighed.width &* $0.weighed.width },
        says: "the matrices are square only where heads × head width is the width"),
      Mistake(
        value: { 4 &* attentions($0) &* $0.weighed.width &* $0.weighed.headWidth },
        says: "every head has matrices of its own"),
      Mistake(value: { 4 &* matrix($0) }, says: "that is one layer; count all of them"),
    ]
  }
}

extension WeightCounts {
  /// The weights that a model has, by the names of its parameters.
  init(of model: Transformer) {
    var counts = WeightCounts(encoderAttention: 0, decoderAttention: 0, mlp: 0)
    var model = model
    model.visitParameters { name, weight in
      guard weight.rank == 2 else { return }
      if name.contains(".mlp.") {
        counts.mlp += weight.count
      } else if name.contains(".attention.") || name.contains(".cross.") {
        if name.hasPrefix("encoder") {
          counts.encoderAttention += weight.count
        } else {
          counts.decoderAttention += weight.count
        }
      }
    }
    self = counts
  }
}
