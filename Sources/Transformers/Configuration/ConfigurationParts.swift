extension TransformerConfiguration {
  /// The depth and widths of one stack of blocks.
  public struct Stack: Codable, Sendable, Equatable {
    /// How many blocks there are.
    public var layerCount: Int
    /// How many attention heads a layer has.
    public var headCount: Int
    /// How many heads of keys and values there are; a whole number of query heads shares each.
    ///
    /// Ainslie et al., "GQA: Training Generalized Multi-Query Transformer Models from Multi-Head
    /// Checkpoints", 2023.
    public var keyHeadCount: Int
    /// The width of a head's queries, keys and values; not always the model's width over heads.
    public var headWidth: Int
    /// The width of the MLP's hidden layer; 0 for blocks that are attention and nothing else.
    public var feedForwardWidth: Int
    /// How many positions back each layer's own attention sees, the query's own counted; nil sees
    /// all the way, as do layers that are not listed.
    public var windows: [Int?]

    /// A stack; without a number of key heads, every head has keys of its own.
    public init(
      layerCount: Int, headCount: Int, keyHeadCount: Int? = nil, headWidth: Int,
      feedForwardWidth: Int, windows: [Int?] = []
    ) {
      self.layerCount = layerCount
      self.headCount = headCount
      self.keyHeadCount = keyHeadCount ?? headCount
      self.headWidth = headWidth
      self.feedForwardWidth = feedForwardWidth
      self.windows = windows
    }

    /// Whether a block is attention and nothing else.
    public var isAttentionOnly: Bool { feedForwardWidth == 0 }
  }

  /// How a residual stream is normalised.
  public enum Norm: String, Codable, Sendable {
    /// Divided by its root mean square. Zhang and Sennrich, 2019.
    case rootMeanSquare
    /// Centred, divided by its standard deviation, shifted. Ba et al., "Layer Normalization", 2016.
    case layer
  }

  /// Where in a block the norms stand.
  ///
  /// Xiong et al., "On Layer Normalization in the Transformer Architecture", 2020.
  public enum NormPlacement: String, Codable, Sendable {
    /// A layer reads a norm of the residual stream; one more norm follows the last block.
    case before
    /// The residual stream itself is normalised after each layer has added to it.
    case after
  }

  /// How attention and MLP follow each other in a block.
  public enum BlockOrder: String, Codable, Sendable {
    /// The MLP reads what attention has written.
    case sequential
    /// Both read the block's input, each through a norm of its own.
    case parallel
    /// Both read the block's input through one norm.
    case parallelWithOneNorm
  }

  /// How a model knows where a token is.
  public enum Position: Codable, Sendable, Equatable {
    /// A learned bias on the scores by distance, in buckets that widen with it, shared by all layers.
    /// Raffel et al., "Exploring the Limits of Transfer Learning", 2020.
    case relativeBias(buckets: Int, maximumDistance: Int)
    /// A learned embedding for each of so many positions, which begin at a row of the table.
    case learned(count: Int, firstRow: Int = 0)
    /// Sines, then cosines, of wavelengths from 2π to 10,000 · 2π, for so many positions.
    /// Vaswani et al., "Attention Is All You Need", 2017.
    case sinusoidal(count: Int)
    /// Queries and keys turned by angles that grow with the position.
    case rotary(RotaryAngles)
  }

  /// Where positions are counted from in a padded batch.
  public enum PositionOrigin: String, Codable, Sendable {
    /// From the first column, whatever is padding.
    case firstColumn
    /// From the first token that the mask lets be seen, so that padding in front changes nothing.
    case firstUnmasked
    /// From the first token that is not the padding token, which itself has the row before the first.
    case firstUnpadded
  }

  /// The non-linearity of an MLP.
  public enum Activation: String, Codable, Sendable {
    /// max(x, 0).
    case relu
    /// The Gaussian error linear unit by its tanh formula.
    case geluTanh
    /// The exact Gaussian error linear unit.
    case gelu
    /// x σ(x).
    case silu
  }

  /// Which linear layers have biases.
  public struct Biases: Codable, Sendable, Equatable {
    /// The projections to queries, keys and values.
    public var queryKeyValue: Bool
    /// The projection from heads back to the residual stream.
    public var attentionOutput: Bool
    /// The layers of the MLP.
    public var mlp: Bool

    /// Biases where it says true.
    public init(queryKeyValue: Bool, attentionOutput: Bool, mlp: Bool) {
      self.queryKeyValue = queryKeyValue
      self.attentionOutput = attentionOutput
      self.mlp = mlp
    }

    /// Everywhere.
    public static let all = Biases(queryKeyValue: true, attentionOutput: true, mlp: true)
    /// Nowhere.
    public static let none = Biases(queryKeyValue: false, attentionOutput: false, mlp: false)
  }

  /// How the final residual becomes scores of tokens.
  public enum Head: Codable, Sendable, Equatable {
    /// Not at all: such a model has hidden states and no logits.
    case none
    /// By the unembedding alone.
    case unembedding
    /// By a linear layer with this activation and a norm, then the unembedding.
    /// Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers", 2019.
    case transformed(Activation)
  }
}
