import AttentionVocabulary
import Tensors

/// From where the shape of a random model is drawn.
struct ShapeRanges {
  var encoderLayers: ClosedRange<Int>
  var decoderLayers: ClosedRange<Int>
  var heads = 2...5
  var target = 2...12

  /// A shape in which no number follows from another: every way of guessing one is wrong.
  func drawn(using generator: inout SeededGenerator) -> ModelShape {
    while true {
      let shape = ModelShape(
        encoderLayers: .random(in: encoderLayers, using: &generator),
        decoderLayers: .random(in: decoderLayers, using: &generator),
        heads: .random(in: heads, using: &generator),
        width: .random(in: 20...40, using: &generator),
        headWidth: .random(in: 6...19, using: &generator),
        feedForwardWidth: .random(in: 41...70, using: &generator),
        sourceLength: .random(in: 3...15, using: &generator),
        targetLength: .random(in: target, using: &generator))
      let numbers = [
        shape.encoderLayers, shape.decoderLayers, shape.heads, shape.headWidth,
        shape.sourceLength, shape.targetLength, shape.width, shape.feedForwardWidth,
      ].filter { $0 != 1 }
      let neighbours = abs(shape.encoderLayers - shape.decoderLayers) == 1
      if Set(numbers).count == numbers.count, !neighbours,
        shape.encoderLayers != 2 * shape.decoderLayers,
        shape.width / shape.heads != shape.headWidth,
        shape.heads * shape.headWidth != shape.width,
        abs(shape.sourceLength - shape.targetLength) > 1
      {
        return shape
      }
    }
  }
}
