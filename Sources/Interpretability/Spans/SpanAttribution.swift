public import Interpretability
import Interventions
import Tensors
public import Transformers

/// What heads and MLPs add to the logit of the token that follows, in a span and outside.
///
/// Position i predicts token i + 1: a token belongs to the span when it *is* in it, whatever stands
/// where it is predicted. A component's output is divided by the scale that the final norm has in
/// this run, centred where the norm centres, and multiplied by the row of W_U; see
/// `LogitAttribution`.
public struct SpanAttribution: Sendable {
  /// Means over the predicted tokens of a sentence.
  public struct Parts: Codable, Sendable, Hashable {
    /// Over tokens in the span; nil where none is predicted.
    public var span: Float?
    /// Over the others; nil where there are none.
    public var rest: Float?
  }

  /// The attributions of a sentence.
  public struct Row: Sendable {
    /// By head, in the order of ``SpanAttribution/heads``.
    public let heads: [Parts]
    /// By layer, each MLP's output bias included; empty for attention alone.
    public let mlps: [Parts]
  }

  /// The heads, in the order of attributions.
  public let heads: [HeadAddress]
  private let model: Transformer
  private let name: StackName

  /// What has to be kept of runs.
  public static func points(in configuration: TransformerConfiguration) -> Set<HookPoint> {
    let (name, _) = configuration.stacks[0]
    return Set(
      configuration.hookPoints.filter { point in
        switch point {
        case .finalNorm(name, .scale), .block(name, _, .attention(.own, .mixed)),
          .block(name, _, .mlpOut):
          true
        default: false
        }
      })
  }

  /// - Throws: ``SpanError`` for a model of two stacks or with norms behind its layers, and
  ///   `SweepError` when its head is no linear map of a norm.
  public init(_ model: Transformer) throws {
    let configuration = model.configuration
    guard configuration.head != .none else { throw TransformerError.noHead }
    guard configuration.head == .unembedding else { throw SweepError.headIsNotLinear }
    guard configuration.stacks.count == 1, configuration.normPlacement == .before else {
      throw SpanError(
        "the logit of a span is attributed in decoders with norms before their layers, and this model "
          + "is none; choose such a model")
    }
    self.model = model
    name = configuration.stacks[0].name
    heads = configuration.heads
  }

  /// The attributions of a batch, sentence by sentence.
  ///
  /// - Throws: ``SpanError`` when a point was not kept.
  public func rows(_ batch: SpanBatch) throws(SpanError) -> [Row] {
    let stack = model.stacks[0]
    let (count, length) = (batch.sentences.count, batch.sentences[0].tokens.count)
    let width = model.configuration.width
    guard length > 1 else {
      return batch.sentences.map { _ in
        Row(
          heads: self.heads.map { _ in Parts() },
          mlps: stack.blocks.filter { $0.mlp != nil }.map { _ in Parts() })
      }
    }
    let inside = batch.sentences.map { sentence in
      let span = Set(sentence.span)
      return (1..<length).map { span.contains($0) }
    }
    /// Means of values `[sentence, position, part]`, the last position left out.
    func parts(_ values: [Float], of parts: Int) -> [[Parts]] {
      (0..<count).map { row in
        (0..<parts).map { part in
          var sums = (span: 0.0, rest: 0.0, spanCount: 0, restCount: 0)
          for position in 0..<(length - 1) {
            let value = Double(values[(row * length + position) * parts + part])
            if inside[row][position] {
              sums.span += value
              sums.spanCount += 1
            } else {
              sums.rest += value
              sums.restCount += 1
            }
          }
          return Parts(
            span: sums.spanCount == 0 ? nil : Float(sums.span / Double(sums.spanCount)),
            rest: sums.restCount == 0 ? nil : Float(sums.rest / Double(sums.restCount)))
        }
      }
    }
    let directions = try directions(batch)
    var heads = batch.sentences.map { _ in [Parts]() }
    var mlps = heads
    for (layer, block) in stack.blocks.enumerated() {
      let mixed = try batch[.block(name, layer, .attention(.own, .mixed))]
      let written = directions.matmul(block.attention.output.weight)
      let found = parts(
        Self.dots(mixed, written, width: mixed.shape[3]), of: mixed.shape[2])
      for row in 0..<count { heads[row] += found[row] }
      guard block.mlp != nil else { continue }
      let output = try batch[.block(name, layer, .mlpOut)]
      let added = parts(Self.dots(output, directions, width: width), of: 1)
      for row in 0..<count { mlps[row] += added[row] }
    }
    return zip(heads, mlps).map { Row(heads: $0, mlps: $1) }
  }

  /// At each position the direction in the residual stream that the next token's logit grows along,
  /// `[sentence × position, width]`; at the last, which predicts nothing here, some other.
  private func directions(_ batch: SpanBatch) throws(SpanError) -> Tensor {
    let width = model.configuration.width
    let product = model.logitProduct(ofNormed: Tensor.zeros([1, width]))
    let next = batch.sentences.flatMap { $0.tokens.dropFirst() + [$0.tokens[0]] }
    var directions = product.weight.gathering(next) * model.configuration.logitScale
    guard let norm = model.stacks[0].finalNorm else { return directions }
    directions = directions * norm.weight
    // Taking off the mean is its own transpose.
    if norm.bias != nil { directions = directions - directions.mean(axis: 1, keepingAxis: true) }
    let scale = try batch[.finalNorm(name, .scale)]
    return directions / scale.reshaped(to: [next.count, 1])
  }

  /// Dot products of stretches of `width` values.
  private static func dots(_ a: Tensor, _ b: Tensor, width: Int) -> [Float] {
    a.withUnsafeValues { a in
      b.withUnsafeValues { b in
        (0..<(a.count / width)).map {
          Kernel.dot(a.baseAddress! + $0 * width, b.baseAddress! + $0 * width, count: width)
        }
      }
    }
  }
}
