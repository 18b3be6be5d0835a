import Tensors

extension ExplainedPrediction {
  /// Occlusion: by how much the number falls when one token's embedding gives way to the baseline's.
  ///
  /// No gradient is taken: the model is run once for every token. Zeiler and Fergus, "Visualizing and
  /// Understanding Convolutional Networks", 2014.
  ///
  /// - Parameter baseline: What stands in the token's place.
  /// - Throws: ``AttributionError`` when the baseline does not fit.
  public func occlusion(replacing baseline: Baseline = .zero) throws -> TokenScores {
    let start = try baseline.values(for: self)
    let full = try value()
    var lists: [[Float]] = []
    for index in embeddings.parts.indices {
      let count = embeddings.parts[index].shape[0]
      let values = try values(
        replacing: (0..<count).map { [$0] }, ofPart: index, by: start)
      guard values.allSatisfy(\.isFinite) else {
        throw AttributionError.notFinite("what the model makes of an occluded input")
      }
      lists.append(values.map { full - $0 })
    }
    return TokenScores(source: lists[0], decoder: lists.count > 1 ? lists[1] : nil)
  }

  /// The number for every set of positions, whose embeddings give way to a baseline's.
  ///
  /// - Parameter part: 0 for source tokens, 1 for decoder tokens.
  func values(
    replacing sets: [[Int]], ofPart part: Int, by baseline: EmbeddingValues
  ) throws -> [Float] {
    let parts = embeddings.parts
    let width = parts[part].shape[1]
    var results: [Float] = []
    for start in stride(from: 0, to: sets.count, by: 32) {
      let chunk = sets[start..<min(start + 32, sets.count)]
      var batch = parts.map { Tensor.stack(Array(repeating: $0, count: chunk.count)) }
      let size = parts[part].count
      batch[part].withUnsafeMutableValues { values in
        baseline.parts[part].withUnsafeValues { other in
          for (row, positions) in chunk.enumerated() {
            for position in positions {
              for column in 0..<width {
                values[row * size + position * width + column] = other[position * width + column]
              }
            }
          }
        }
      }
      results += try values(of: batch).values
    }
    return results
  }
}
