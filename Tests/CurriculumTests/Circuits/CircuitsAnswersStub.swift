import Answering
import CircuitsVocabulary
import Coursework
import Tensors
import Transformers

/// The answers of a student who has not begun Sheet 9.
struct UntouchedCircuits: CircuitsAnswers {
  func selected(
    _ candidates: [TaskPair], of model: Transformer, answer least: Float, runnerUp most: Float
  ) throws -> [Int] { throw Unanswered() }
  func guessable(_ pairs: [TaskPair]) throws -> [Float] { throw Unanswered() }
  func effects(on pair: TaskPair, of model: Transformer) throws -> Tensor { throw Unanswered() }
  func meanAblated(_ node: Node, on pairs: [TaskPair], of model: Transformer) throws -> [Float] {
    throw Unanswered()
  }
  func pruned(_ order: [Node], keeping share: Double, by meter: CircuitMeter) throws -> Set<Node> {
    throw Unanswered()
  }
  func faithfulness(of circuit: Set<Node>, by meter: CircuitMeter) throws -> [Float] {
    throw Unanswered()
  }
  func worth(of circuit: [Node], by meter: CircuitMeter) throws -> Tensor { throw Unanswered() }
  func heardByTheLogits(
    from sender: Node, in pair: TaskPair, of model: Transformer, mlpsAnswer: Bool
  ) throws -> Tensor { throw Unanswered() }
  func heard(
    by receiver: Receiver, from sender: Node, in pair: TaskPair, of model: Transformer
  ) throws -> Tensor { throw Unanswered() }
  func edges(among nodes: Set<Node>) throws -> Set<Edge> { throw Unanswered() }
  func prunedEdges(
    among nodes: Set<Node>, keeping share: Double, by meter: CircuitMeter
  ) throws -> Set<Edge> { throw Unanswered() }
  func acdc(
    by meter: CircuitMeter, measure: Measure, threshold: Double
  ) throws -> Set<Edge> { throw Unanswered() }
  func scores(
    of edges: [Edge], on pair: TaskPair, of model: Transformer, steps: Int
  ) throws -> [Float] { throw Unanswered() }
  func copyAndNext(
    layer: Int, head: Int, members: [Int], of model: Transformer
  ) throws -> [Float] { throw Unanswered() }
  func firstRightLayers(_ pairs: [TaskPair], of model: Transformer) throws -> [Int?] {
    throw Unanswered()
  }
  func overlap(of a: Set<Node>, and b: Set<Node>, among count: Int) throws -> [Float] {
    throw Unanswered()
  }
  func transfer(of circuits: [Set<Node>], by meters: [CircuitMeter]) throws -> Tensor {
    throw Unanswered()
  }
  func withoutShared(_ circuits: [Set<Node>], by meters: [CircuitMeter]) throws -> [Float] {
    throw Unanswered()
  }
  func repairs(_ circuits: [Set<Node>], by meters: [CircuitMeter]) throws -> Tensor {
    throw Unanswered()
  }
  func whatACircuitExplains() throws -> String { throw Unanswered() }
}
