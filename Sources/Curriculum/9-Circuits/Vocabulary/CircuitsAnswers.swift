public import Tensors
public import Transformers

/// What a student answers on Sheet 9: one method or a few an exercise.
public protocol CircuitsAnswers: Sendable {
  /// 9.1: the places of the candidates that stay in a task set, in ascending order.
  ///
  /// A pair stays when its twins are equally long and, behind its clean text, the model gives the
  /// answer at least one probability and no other token more than another one. Then every answer that
  /// is left is asked as often as the rarest of them: its first pairs stay.
  ///
  /// - Parameters:
  ///   - candidates: Pairs, some of which are no good.
  ///   - model: The model that is to do the task.
  ///   - least: The least probability of the answer.
  ///   - most: The greatest probability that any other token may have.
  func selected(
    _ candidates: [TaskPair], of model: Transformer, answer least: Float, runnerUp most: Float
  ) throws -> [Int]

  /// 9.1: for every position, the share of pairs whose answer can be guessed from the clean text's
  /// token there.
  ///
  /// A guess for a pair looks at the *other* pairs of its template with the same token in that place,
  /// and takes the answer most of them have. Where there is none, or two answers are as frequent,
  /// nothing is guessed.
  ///
  /// - Parameter pairs: Pairs whose clean texts are all equally long.
  func guessable(_ pairs: [TaskPair]) throws -> [Float]

  /// 9.2: what every part of the model adds to the logit difference at the end of the clean text.
  ///
  /// `[part]`: the parts of `model.contributions(of:)` in their order, then what is left, which belongs
  /// to none of them. Together they are the logit difference.
  ///
  /// - Parameters:
  ///   - pair: Its clean text is read, and its answer and foil.
  ///   - model: A decoder with its norms before its layers.
  func effects(on pair: TaskPair, of model: Transformer) throws -> Tensor

  /// 9.3: the logit difference of every pair at the end of its clean text when a node writes the mean
  /// of what it writes, position by position, on the corrupted texts of the pair's template.
  ///
  /// - Parameters:
  ///   - node: A head or an MLP.
  ///   - pairs: Texts of one template are equally long.
  ///   - model: A decoder.
  func meanAblated(_ node: Node, on pairs: [TaskPair], of model: Transformer) throws -> [Float]

  /// 9.4: the nodes that are left when no node can be taken away any more.
  ///
  /// Go through the nodes in the order given and take one away when what is then left still has at
  /// least a share of the whole model's logit difference; then through those that are left in the
  /// opposite order; and so on, there and back, until a round there and back takes nothing away.
  ///
  /// - Parameters:
  ///   - order: All heads and MLPs.
  ///   - share: What has to stay of the whole model's logit difference, such as 0.8.
  ///   - meter: Runs what you keep.
  func pruned(_ order: [Node], keeping share: Double, by meter: CircuitMeter) throws -> Set<Node>

  /// 9.5: two numbers: the faithfulness of a circuit, and that of everything else, its complement.
  ///
  /// - Parameters:
  ///   - circuit: Heads and MLPs.
  ///   - meter: Runs what you keep.
  func faithfulness(of circuit: Set<Node>, by meter: CircuitMeter) throws -> [Float]

  /// 9.5: what each node of a circuit is worth, in faithfulness, `[node, 2]`: what the circuit loses
  /// without it, and what the whole model loses without it.
  ///
  /// - Parameters:
  ///   - circuit: Heads and MLPs.
  ///   - meter: Runs what you keep.
  func worth(of circuit: [Node], by meter: CircuitMeter) throws -> Tensor

  /// 9.6: the logits at the end of the clean text when the logits alone hear that a node is corrupted,
  /// `[token]`.
  ///
  /// The clean text is read; the sender writes what it writes on the corrupted text; every other head
  /// writes what it writes in the clean run.
  ///
  /// - Parameters:
  ///   - sender: A head or an MLP.
  ///   - pair: Twins of equal length.
  ///   - model: A decoder.
  ///   - mlpsAnswer: Whether MLPs compute anew from what they now read, and pass on what they heard;
  ///     otherwise they too write what they write in the clean run.
  func heardByTheLogits(
    from sender: Node, in pair: TaskPair, of model: Transformer, mlpsAnswer: Bool
  ) throws -> Tensor

  /// 9.7: the logits at the end of the clean text when one head's queries, keys or values alone hear
  /// that a node is corrupted, `[token]`.
  ///
  /// What the receiver hears comes from a run as in 9.6 in which MLPs answer. Put into a clean run, it
  /// is the only change there; everything behind it answers.
  ///
  /// - Parameters:
  ///   - sender: A head or an MLP of an earlier layer.
  ///   - receiver: The queries, keys or values of a head.
  ///   - pair: Twins of equal length.
  ///   - model: A decoder; each of its heads has keys of its own.
  func heard(
    by receiver: Receiver, from sender: Node, in pair: TaskPair, of model: Transformer
  ) throws -> Tensor

  /// 9.8: all edges between some nodes, and from and to the ends: the embedding writes, the logits
  /// read.
  ///
  /// An edge leads from a node to a receiver that the model computes later and that can hear it:
  /// blocks are attention first, then an MLP that reads the stream with the heads in it.
  ///
  /// - Parameter nodes: Heads and MLPs.
  func edges(among nodes: Set<Node>) throws -> Set<Edge>

  /// 9.8: the edges that are left of those between some nodes.
  ///
  /// From the last of `meter.edges` to the first, an edge goes when what is then left still has at
  /// least a share of the whole model's logit difference.
  ///
  /// - Parameters:
  ///   - nodes: Heads and MLPs.
  ///   - share: What has to stay of the whole model's logit difference.
  ///   - meter: Runs what you keep.
  func prunedEdges(
    among nodes: Set<Node>, keeping share: Double, by meter: CircuitMeter
  ) throws -> Set<Edge>

  /// 9.9: the edges that ACDC leaves of the whole model.
  ///
  /// From the last of `meter.edges` to the first, an edge goes when the circuit then does its work
  /// worse than it did just before by less than the threshold.
  ///
  /// - Parameters:
  ///   - meter: Runs what you keep.
  ///   - measure: What its work is measured by: a divergence is worse where it is greater, a logit
  ///     difference where it is smaller.
  ///   - threshold: τ, in the units of the measure.
  func acdc(
    by meter: CircuitMeter, measure: Measure, threshold: Double
  ) throws -> Set<Edge>

  /// 9.10: how much each edge is foreseen to change the logit difference of a pair when what it carries
  /// is corrupted.
  ///
  /// What the sender writes on the corrupted text less what it writes on the clean one, times the
  /// gradient of the logit difference at what the receiver reads, summed over positions and the width.
  /// The gradient is the mean over several runs: in run k of n the first block reads the corrupted
  /// embeddings and k/n of the way to the clean ones.
  ///
  /// - Parameters:
  ///   - edges: None of them enters an MLP.
  ///   - pair: Twins of equal length.
  ///   - model: A decoder; each of its heads has keys of its own.
  ///   - steps: n; with 1 the gradient is the clean run's.
  func scores(
    of edges: [Edge], on pair: TaskPair, of model: Transformer, steps: Int
  ) throws -> [Float]

  /// 9.11: the copy score and the next score of a head.
  ///
  /// What stands for a token is its embedding, without a position, and what the first block's MLP adds
  /// to it alone, without attention. A head whose attention is all on it writes a vector; through the
  /// final norm and the unembedding that is a list of logits. The copy score is the share of all
  /// members whose own logit is among the five greatest of their list; the next score the share of
  /// those that have a next one whose next one's is.
  ///
  /// - Parameters:
  ///   - layer: The layer of a head behind the first block.
  ///   - head: The head.
  ///   - members: Tokens in order, such as the months; nothing follows the last.
  ///   - model: A decoder.
  func copyAndNext(
    layer: Int, head: Int, members: [Int], of model: Transformer
  ) throws -> [Float]

  /// 9.11: for every pair the first layer at which the logit lens reads the answer at the end of the
  /// clean text, 0 being the embedding; nil where none does.
  ///
  /// A lens reads the token whose logit is greater than all others.
  func firstRightLayers(_ pairs: [TaskPair], of model: Transformer) throws -> [Int?]

  /// 9.12: three numbers on two circuits of one model: their Jaccard index, how many nodes they would
  /// share on the average if each were drawn at random among all, and how likely they would then be to
  /// share as many as they do, or more.
  ///
  /// - Parameters:
  ///   - a: Heads and MLPs of one circuit.
  ///   - b: Those of the other.
  ///   - count: How many heads and MLPs the model has.
  func overlap(of a: Set<Node>, and b: Set<Node>, among count: Int) throws -> [Float]

  /// 9.12: what is left of every task in the circuit of every other, `[task, circuit]`, as a share of
  /// the whole model's logit difference on the task.
  ///
  /// - Parameters:
  ///   - circuits: A circuit each task.
  ///   - meters: A meter each task, of one model.
  func transfer(of circuits: [Set<Node>], by meters: [CircuitMeter]) throws -> Tensor

  /// 9.12: what is left of every task in the whole model without the nodes that all circuits share, as
  /// a share of its logit difference on the task.
  ///
  /// - Parameters:
  ///   - circuits: A circuit each task.
  ///   - meters: A meter each task, of one model.
  func withoutShared(_ circuits: [Set<Node>], by meters: [CircuitMeter]) throws -> [Float]

  /// 9.12: what is left of every task when all that the circuits share is out of the whole model but one
  /// node, which is given back, `[shared node, task]`, as shares of the whole model's logit
  /// difference; shared nodes in the order of `meter.nodes`.
  ///
  /// - Parameters:
  ///   - circuits: A circuit each task.
  ///   - meters: A meter each task, of one model.
  func repairs(_ circuits: [Set<Node>], by meters: [CircuitMeter]) throws -> Tensor

  /// 9.13, in words: what a circuit explains, and when one is faithful by accident.
  func whatACircuitExplains() throws -> String
}
