public import Tensors
public import Transformers

/// What a student answers on Sheet 3: one or two methods an exercise.
public protocol GradientsAnswers: Sendable {
  /// 3.1: the gradient of the log-probability of a class with respect to the input, `[input]`, of
  /// log softmax(U relu(W x + b)), in double precision.
  ///
  /// - Parameters:
  ///   - model: `inputWeight` W `[hidden][input]`, `inputBias` b `[hidden]`, `outputWeight` U
  ///     `[class][hidden]`.
  ///   - input: x, `[input]`.
  ///   - target: The class whose log-probability is explained.
  func gradientByHand(of model: OneLayerModel, at input: [Double], target: Int) throws -> [Double]

  /// 3.2: how steeply the number rises along one coordinate of one embedding, measured by moving the
  /// coordinate a little to either side.
  func slope(of number: PredictedNumber, position: Int, column: Int) throws -> Float

  /// 3.2: the length of the number's gradient with respect to every embedding, `[position]`.
  func saliency(of number: PredictedNumber) throws -> [Float]

  /// 3.3: the product of every embedding with its gradient, `[position]`.
  func inputTimesGradient(of number: PredictedNumber) throws -> [Float]

  /// 3.3: scores of words from the scores of their pieces.
  ///
  /// - Parameters:
  ///   - scores: One for every piece.
  ///   - words: The word of every piece, or nil for a piece of none.
  func wordScores(_ scores: [Float], words: [Int?]) throws -> [Float]

  /// 3.4: integrated gradients from a baseline, `[position]`, by the midpoint rule.
  ///
  /// - Parameters:
  ///   - number: The number that is explained.
  ///   - baseline: Where the path starts, `[position, width]`.
  ///   - steps: How many gradients are taken.
  func integratedGradients(
    of number: PredictedNumber, from baseline: Tensor, steps: Int
  ) throws -> [Float]

  /// 3.4: by how much more attributions add up to than they should: Σ − (f(x) − f(x′)).
  func completenessGap(
    of scores: [Float], for number: PredictedNumber, from baseline: Tensor
  ) throws -> Float

  /// 3.5: a baseline in which the piece that says nothing stands in every place but some.
  ///
  /// - Parameters:
  ///   - embeddings: What the model reads, `[position, width]`.
  ///   - filler: The embedding of the piece that says nothing, `[width]`.
  ///   - kept: The positions that stay as they are.
  func baseline(for embeddings: Tensor, filler: Tensor, keeping kept: [Int]) throws -> Tensor

  /// 3.5: what integrated gradients say from every one of several baselines, and whether their sum
  /// can be trusted: whether the gap is at most a twentieth of f(x) − f(x′).
  func reports(
    on number: PredictedNumber, from baselines: [Tensor], steps: Int
  ) throws -> [BaselineReport]

  /// 3.6: why this token and not that one: integrated gradients of the difference of their logits,
  /// `[position]`, by the midpoint rule.
  func contrast(
    in row: PredictedRow, target: Int, foil: Int, from baseline: Tensor, steps: Int
  ) throws -> [Float]

  /// 3.7: the gradient of a logit at every layer and position of the translator.
  func gradientMaps(
    of model: Transformer, input: ModelInput, target: Int, position: Int
  ) throws -> GradientMaps

  /// 3.8: the number after 0, 1, 2 … positions have given way to the baseline, the highest score
  /// first; one value more than there are positions.
  func deletionCurve(
    of number: PredictedNumber, by scores: [Float], baseline: Tensor
  ) throws -> [Float]

  /// 3.8: the mean height of a curve whose values stand at equal distances, by the trapezoid rule.
  func area(under curve: [Float]) throws -> Float

  /// 3.9: Spearman's rank correlation of two lists of one length; equal values share the mean of
  /// their ranks, and a list that is the same everywhere gives 0.
  func rankCorrelation(_ x: [Float], _ y: [Float]) throws -> Float

  /// 3.9: which method's scores have ranks most like those of occlusion, by the mean rank correlation
  /// of absolute scores over the sentences.
  func mostFaithful(among sentences: [MethodScores]) throws -> String

  /// 3.10, in words: what an attribution says, and what it does not.
  func whatAnAttributionSays() throws -> String

  /// 3.11, in words: which method and baseline you would report, and how you would defend them.
  func whichMethod() throws -> String
}

/// A classifier of one layer: log-probabilities log softmax(U relu(W x + b)).
public struct OneLayerModel: Codable, Sendable {
  /// W, `[hidden][input]`: a row for every hidden unit.
  public var inputWeight: [[Double]]
  /// b, `[hidden]`.
  public var inputBias: [Double]
  /// U, `[class][hidden]`: a row for every class.
  public var outputWeight: [[Double]]

  /// A model of its weights.
  public init(inputWeight: [[Double]], inputBias: [Double], outputWeight: [[Double]]) {
    self.inputWeight = inputWeight
    self.inputBias = inputBias
    self.outputWeight = outputWeight
  }
}

/// What integrated gradients say from one baseline.
public struct BaselineReport: Codable, Sendable, Equatable {
  /// The position that is given most.
  public var top: Int
  /// f(x) − f(x′), what there was to share out.
  public var difference: Float
  /// Whether the gap is at most a twentieth of the difference.
  public var isComplete: Bool

  /// A report.
  public init(top: Int, difference: Float, isComplete: Bool) {
    self.top = top
    self.difference = difference
    self.isComplete = isComplete
  }
}

/// Gradients at every layer and position of an encoder–decoder.
public struct GradientMaps: Codable, Sendable, Equatable {
  /// The length of the gradient with respect to the encoder's residual stream before every layer,
  /// `[layer, source]`.
  public var encoder: Tensor
  /// The same for the decoder, `[layer, target]`.
  public var decoder: Tensor
  /// Attention × gradient of every layer of cross-attention, Σ A ⊙ ∂f/∂A over heads and rows,
  /// `[layer, source]`.
  public var cross: Tensor

  /// Maps.
  public init(encoder: Tensor, decoder: Tensor, cross: Tensor) {
    self.encoder = encoder
    self.decoder = decoder
    self.cross = cross
  }
}

/// The scores of several methods for the source of one prediction.
public struct MethodScores: Codable, Sendable {
  /// What each method says, `[position]`, by its name.
  public var methods: [String: [Float]]
  /// What occlusion says, `[position]`.
  public var occlusion: [Float]

  /// Scores.
  public init(methods: [String: [Float]], occlusion: [Float]) {
    self.methods = methods
    self.occlusion = occlusion
  }
}
