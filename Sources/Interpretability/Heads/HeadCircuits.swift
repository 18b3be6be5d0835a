public import Interpretability
import Interventions
public import Tensors
public import Transformers

/// The OV and QK circuits of a model's heads, over its whole vocabulary and by the weights alone.
///
/// Weights are processed as TransformerLens processes them on loading: what a norm multiplies by is
/// folded into what reads it, what a layer norm takes off as a mean is taken off the readers and the
/// writers, and the unembedding is centred over the tokens. There are no biases, and nothing is divided
/// by a norm's scale, which depends on the text. Where norms stand after the layers nothing is folded.
/// Rotary keys and queries are taken as they are before they are turned, which is as at a distance of
/// nothing; with grouped queries every query head has the keys and values of its group.
///
/// Elhage et al., "A Mathematical Framework for Transformer Circuits", 2021.
public struct HeadCircuits: Sendable {
  /// The model.
  public let model: Transformer
  /// The processed unembedding W_Uᵀ, `[token, width]`.
  public let unembedding: Tensor
  let stack: BlockStack
  let stackName: StackName
  /// What the stack is made of.
  let shape: TransformerConfiguration.Stack
  /// Whether norms take off a mean.
  let centres: Bool
  private let folds: Bool

  /// The circuits of a model of one stack.
  ///
  /// - Throws: ``HeadError`` where circuits are not defined: an encoder–decoder, a head that is more
  ///   than a norm and an unembedding, queries and keys with norms of their own.
  public init(_ model: Transformer) throws {
    let configuration = model.configuration
    guard configuration.head != .none else { throw TransformerError.noHead }
    guard configuration.head == .unembedding else { throw SweepError.headIsNotLinear }
    guard !configuration.isEncoderDecoder else { throw HeadError.isEncoderDecoder }
    self.model = model
    stack = model.stacks[0]
    stackName = configuration.stacks[0].name
    shape = configuration.stacks[0].stack
    centres = configuration.norm == .layer
    folds = configuration.normPlacement == .before
    let product = model.logitProduct(ofNormed: Tensor.zeros([1, configuration.width]))
    var weight = product.weight.widened()
    if let norm = stack.finalNorm {
      weight = weight * norm.weight
      if norm.bias != nil { weight = weight - weight.mean(axis: 1, keepingAxis: true) }
    }
    weight = weight - weight.mean(axis: 0, keepingAxis: true)
    unembedding = configuration.logitScale == 1 ? weight : weight * configuration.logitScale
  }

  /// Every head, layer by layer.
  public var heads: [HeadAddress] { model.configuration.heads }

  /// W_V of a head, `[headWidth, width]`.
  public func value(_ head: HeadAddress) -> Tensor {
    reading(stack.blocks[head.layer].attention.value.weight, shared(head), head.layer)
  }

  /// W_K of a head, `[headWidth, width]`.
  public func key(_ head: HeadAddress) -> Tensor {
    reading(stack.blocks[head.layer].attention.key.weight, shared(head), head.layer)
  }

  /// W_Q of a head, `[headWidth, width]`.
  public func query(_ head: HeadAddress) -> Tensor {
    reading(stack.blocks[head.layer].attention.query.weight, head.head, head.layer)
  }

  /// W_O of a head, `[headWidth, width]`.
  public func output(_ head: HeadAddress) -> Tensor {
    let width = shape.headWidth
    let rows = stack.blocks[head.layer].attention.output.weight
      .slice(axis: 1, (head.head * width)..<((head.head + 1) * width)).transposed()
    guard folds, centres else { return rows }
    return rows - rows.mean(axis: 1, keepingAxis: true)
  }

  /// The bias of a head's queries with what the norm before it adds, `[headWidth]`; nil where there is
  /// neither.
  public func queryBias(_ head: HeadAddress) -> Tensor? {
    let block = stack.blocks[head.layer]
    let width = shape.headWidth
    let rows = (head.head * width)..<((head.head + 1) * width)
    var bias = block.attention.query.bias?.slice(rows)
    if folds, let added = block.attentionNorm.bias {
      let moved = block.attention.query.weight.slice(rows)
        .matmul(added.reshaped(to: [added.count, 1])).reshaped(to: [width])
      bias = bias.map { $0 + moved } ?? moved
    }
    return bias
  }

  /// What scores are multiplied by.
  var scoreScale: Float {
    model.configuration.scalesScores ? 1 / Float(shape.headWidth).squareRoot() : 1
  }

  /// States of the residual stream as the processed weights of a layer read them: divided by the
  /// scale of the layer's norm, `[…, width]`.
  func normed(_ states: Tensor) -> Tensor {
    guard folds else { return states }
    let epsilon = model.configuration.normEpsilon
    return states.standardised(
      by: states.rootMeanSquare(epsilon: epsilon, centring: centres), centring: centres)
  }

  /// The key head that a head reads.
  func shared(_ head: HeadAddress) -> Int { head.head * shape.keyHeadCount / shape.headCount }

  private func reading(_ weight: Tensor, _ index: Int, _ layer: Int) -> Tensor {
    let rows = weight.slice((index * shape.headWidth)..<((index + 1) * shape.headWidth))
    guard folds else { return rows }
    let norm = stack.blocks[layer].attentionNorm
    let scaled = rows * norm.weight
    return norm.bias == nil ? scaled : scaled - scaled.mean(axis: 1, keepingAxis: true)
  }

  func checked(_ head: HeadAddress) throws -> HeadAddress {
    guard head.stack == stackName, head.kind == .own,
      (0..<shape.layerCount).contains(head.layer), (0..<shape.headCount).contains(head.head)
    else { throw HeadError.noHead(head, layers: shape.layerCount, heads: shape.headCount) }
    return head
  }
}

/// What can be wrong with what is asked of heads.
public enum HeadError: Error, Equatable, CustomStringConvertible {
  /// Two stacks, whose heads have no circuits over one vocabulary.
  case isEncoderDecoder
  /// A head that the model does not have.
  case noHead(HeadAddress, layers: Int, heads: Int)
  /// Queries and keys with norms of their own.
  case normsQueries
  /// Keys that are turned by their positions.
  case turnsKeys
  /// Norms after the layers, through which no direct effect is seen by itself.
  case normsAfter
  /// A measure of texts without texts to measure.
  case noTexts(String)
  /// A token that the texts do not hold, of which there is no mean state.
  case unseen(Int)
  /// A count that is out of range.
  case count(String, Int, range: ClosedRange<Int>)
  /// An ablation that draws from other texts, where one text is looked at by itself.
  case drawsFromTexts

  /// One sentence: what was expected, what was found, what to do.
  public var description: String {
    switch self {
    case .isEncoderDecoder:
      "this model has an encoder and a decoder: circuits over a vocabulary, and what is measured by "
        + "them, are for a model of one stack; take one, or ablate heads"
    case .noHead(let head, let layers, let heads):
      "there is no head \(head.layer).\(head.head): the model has layers 0 to \(layers - 1) with "
        + "heads 0 to \(heads - 1)"
    case .normsQueries:
      "this model normalises every head's queries and keys, so that its QK circuit is no product of "
        + "weights; ask for OV scores, or for attention over texts"
    case .turnsKeys:
      "this model turns queries and keys by their positions: a query has no bias that is the same "
        + "everywhere; ask another model"
    case .normsAfter:
      "this model's norms stand after its layers, so that what a head adds passes all later norms and "
        + "has no direct effect by itself; take a model whose norms stand before its layers"
    case .noTexts(let what): "\(what) is measured over texts, and there are none; give some"
    case .unseen(let token):
      "token \(token) does not occur in the texts, so that there is no mean state of it; give texts "
        + "that hold it, or take another effective embedding"
    case .drawsFromTexts:
      "a head that is looked at text by text is replaced by zeros or its mean, and not by what it mixes "
        + "in another text; choose zero or mean"
    case .count(let what, let count, let range):
      "\(what) is \(count); give a number from \(range.lowerBound) to \(range.upperBound)"
    }
  }
}
