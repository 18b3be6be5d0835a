import Tensors
public import Transformers

extension TaskSet {
  /// For every pair the first layer at which a lens reads the answer: of the states 0 … L at the last
  /// position of the clean text, the first whose likeliest token, through the final norm and the
  /// unembedding, is the answer; nil where none is.
  ///
  /// Where two tokens are alike in score neither is taken for the answer: a tie says nothing.
  ///
  /// - Throws: What running the model throws.
  public func firstRightLayers(of model: Transformer) throws -> [Int?] {
    try validate(for: model.configuration)
    let points = model.configuration.residualPoints
    var found: [Int?] = []
    for start in stride(from: 0, to: pairs.count, by: 64) {
      let part = TaskSet(Array(pairs[start..<min(start + 64, pairs.count)]))
      let trace = try model.run(
        part.clean, capturing: .points(Set(points)), logitsAt: 0..<1
      ).trace
      var first = [Int?](repeating: nil, count: part.pairs.count)
      for (layer, point) in points.enumerated() {
        let state = try trace[point]
        for (row, pair) in part.pairs.enumerated() where first[row] == nil {
          let last = pair.clean.count - 1
          let own = state[at: row].slice(last..<(last + 1))
          let logits = model.logits(ofNormed: model.finalNorm(own)).values
          let answer = logits[pair.answer]
          if logits.indices.allSatisfy({ $0 == pair.answer || logits[$0] < answer }) {
            first[row] = layer
          }
        }
      }
      found += first
    }
    return found
  }
}
