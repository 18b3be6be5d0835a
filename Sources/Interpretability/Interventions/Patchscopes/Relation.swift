public import Tensors
public import Transformers

/// A relation as an affine map from the subject's state to the last state: o ≈ β J s + b.
///
/// J is the mean Jacobian ∂o/∂s over prompts of the relation, b the mean of o − J s. What the map
/// makes of another subject's state goes through the final norm and the unembedding.
///
/// Hernandez et al., "Linearity of Relation Decoding in Transformer Language Models", 2024.
public struct LinearRelation: Sendable, Codable {
  /// J, `[width, width]`: row i is the gradient of the ith value of the last state.
  public let jacobian: Tensor
  /// b, `[width]`.
  public let bias: Tensor
  /// How many blocks the subject's state has passed.
  public let layer: Int

  /// A prompt of the relation, and its subject.
  public struct Prompt: Sendable, Codable {
    /// The text, up to where the object is to come.
    public var tokens: [Int]
    /// Where the subject's last token is.
    public var subject: Int

    /// A prompt.
    public init(_ tokens: [Int], subject: Int) {
      self.tokens = tokens
      self.subject = subject
    }
  }

  /// The relation of some prompts.
  ///
  /// Each prompt is one backward pass of a batch with a row for every value of the last state.
  ///
  /// - Parameters:
  ///   - model: A model of one stack.
  ///   - prompts: At least one.
  ///   - layer: After how many blocks the subject's state is taken.
  /// - Throws: ``PatchscopeError`` when a place does not exist, ``SweepError/empty(_:)`` without
  ///   prompts, and what running the model throws.
  public init(_ model: Transformer, prompts: [Prompt], layer: Int) throws {
    guard !prompts.isEmpty else { throw SweepError.empty("prompts of the relation") }
    let width = model.configuration.width
    var jacobian = Tensor.zeros([width, width])
    var bias = Tensor.zeros([width])
    for prompt in prompts {
      let points = try Patchscope.check(model, prompt.tokens, prompt.subject, layer, "prompt")
      let (found, subject, object) = try Self.jacobian(model, prompt, points: points, layer: layer)
      jacobian += found
      bias += object - found.matmul(subject.reshaped(to: [width, 1])).reshaped(to: [width])
    }
    self.jacobian = jacobian / Float(prompts.count)
    self.bias = bias / Float(prompts.count)
    self.layer = layer
  }

  /// The Jacobian of one prompt, its subject's state and its last state.
  static func jacobian(
    _ model: Transformer, _ prompt: Prompt, points: [HookPoint], layer: Int
  ) throws -> (jacobian: Tensor, subject: Tensor, object: Tensor) {
    let width = model.configuration.width
    let (length, last) = (prompt.tokens.count, points[points.count - 1])
    let trace = try model.run(
      ModelInput(prompt.tokens), capturing: [points[layer], last], logitsAt: 0..<1
    ).trace
    let residual = try trace[points[layer]]
    let subject = residual[at: 0][at: prompt.subject]
    let object = try trace[last][at: 0][at: length - 1]
    var rows: [Tensor] = []
    // Values of the last state in batches: a batch's activations are kept for the way back.
    let chunk = max(1, min(width, 2048 / length))
    for start in stride(from: 0, to: width, by: chunk) {
      let count = min(chunk, width - start)
      let leaf = Tensor.concatenation(
        Array(repeating: subject.reshaped(to: [1, width]), count: count), axis: 0
      ).requiringGradient()
      var parts: [Tensor] = []
      func fixed(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        let part = residual.slice(axis: 1, range)
        parts.append(.concatenation(Array(repeating: part, count: count), axis: 0))
      }
      fixed(0..<prompt.subject)
      parts.append(leaf.reshaped(to: [count, 1, width]))
      fixed((prompt.subject + 1)..<length)
      let whole = Tensor.concatenation(parts, axis: 1)
      let final: Tensor
      if layer == points.count - 1 {
        final = whole
      } else {
        final = try model.run(
          ModelInput(tokens: Array(repeating: prompt.tokens, count: count)),
          from: .residual(whole, afterBlocks: layer), capturing: [last], logitsAt: 0..<1
        ).trace[last]
      }
      let output = final.slice(axis: 1, (length - 1)..<length).reshaped(to: [count, width])
      var seed = Tensor.zeros([count, width])
      for row in 0..<count { seed[row, start + row] = 1 }
      rows.append(
        output.requiresGradient
          ? gradient(of: output, withRespectTo: [leaf], seed: seed)[0]
          : .zeros([count, width]))
    }
    return (.concatenation(rows, axis: 0), subject, object)
  }

  /// What the relation makes of subjects' states `[subject, width]`: last states, before the final
  /// norm.
  ///
  /// - Parameter beta: β, which makes up for what the gradient loses to norms; above 1 as a rule.
  public func callAsFunction(_ states: Tensor, beta: Float = 1) -> Tensor {
    states.matmul(transposing: jacobian * beta) + bias
  }

  /// The relation as an affine map, for a Patchscope whose target is the last layer.
  public func map(beta: Float = 1) -> AffineMap {
    AffineMap(weight: jacobian * beta, bias: bias)
  }

  /// The logits of the object for a subject's state, `[subject, token]`.
  public func logits(of states: Tensor, beta: Float = 1, in model: Transformer) -> Tensor {
    model.logits(ofNormed: model.finalNorm(self(states, beta: beta)))
  }
}
