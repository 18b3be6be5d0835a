import Tensors
import Transformers

@testable import Circuits

extension PlantedCircuit {
  /// Two heads that cancel each other before an MLP, once a third one is gone that helps the MLP and
  /// does more harm than that.
  ///
  /// Heads 0.1 and 0.2 write a quarter and minus a quarter of the token at position 1 for the MLP of
  /// layer 1, and 1 and 0.625 of the answer; head 0.0 three quarters and −1. The whole writes 1.375.
  /// With head 0.0 gone the MLP says nothing (1.625); with head 0.2 gone as well it says a quarter
  /// (1.25), which is needed. Which edges that takes depends on the order; none are listed.
  static var cancelling: PlantedCircuit {
    var weights = HandWritten(tokens: 10, positions: 8, layers: 2, heads: 3)
    for (head, moved, answer) in [(0, 0.75, -1), (1, 0.25, 1), (2, -0.25, 0.625)]
      as [(Int, Float, Float)]
    {
      // So sharp that the softmax is exactly 1 at one place.
      weights.fetch(
        position: 1, layer: 0, head: head, writes: .moved, times: moved, sharpness: 200)
      weights.output(0, head, writes: .answer, times: answer)
    }
    weights.mlp(layer: 1, reads: .moved, writes: .answer) { $0 == $1 }
    return PlantedCircuit(
      name: "cancelling", model: weights.model,
      task: weights.fetched([(1, 4), (2, 7), (5, 3), (7, 2)]) { $0 }, edges: [])
  }
}
