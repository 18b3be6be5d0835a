public import Tensors
public import Transformers

/// What a student answers on Sheet 1: one method an exercise.
public protocol AttentionAnswers: Sendable {
  /// 1.1: the depth and widths of a model, from nothing but the shapes of its activations.
  ///
  /// - Parameter shapes: The shape of every activation of one sentence by its hook name, such as
  ///   `encoder.0.attn.hook_q`; the first axis is the batch, of length 1.
  func modelShape(from shapes: [String: [Int]]) throws -> ModelShape

  /// 1.2: the attention pattern of one head, `[query, key]`.
  func attention(of head: AttentionHead) throws -> Tensor

  /// 1.3: whose attention a map is.
  ///
  /// - Parameter map: A layer's pattern without its name, `[head, row, column]`; source and target
  ///   never have the same length here.
  func origin(of map: Tensor) throws -> MapOrigin

  /// 1.4: for every row of decoder attention, the token it reads and the token it predicts.
  ///
  /// - Parameters:
  ///   - target: The pieces the decoder should produce, the end token last.
  ///   - startToken: The piece the decoder starts from.
  func rows(producing target: [String], startToken: String) throws -> [RowTokens]

  /// 1.5: for every target word the source word it is aligned with, or nil for none.
  ///
  /// - Parameters:
  ///   - pair: Which piece belongs to which word.
  ///   - cross: Cross-attention of the last decoder layer, `[head, targetPiece, sourcePiece]`;
  ///     row t is the one that predicts target piece t.
  func alignment(of pair: PiecedPair, cross: Tensor) throws -> [Int?]

  /// 1.6: for every head the fraction of swapped adjective–noun pairs in which it links both words
  /// to their own source words.
  func swapScores(over examples: [AdjectiveExample]) throws -> [Float]

  /// 1.7: how much every head attends to the previous token, to duplicates and to the first token.
  ///
  /// - Parameters:
  ///   - pattern: `[head, query, key]`.
  ///   - tokens: The token at every position.
  func headScores(of pattern: Tensor, tokens: [Int]) throws -> HeadScores

  /// 1.8: attention rollout, `[position, position]`.
  ///
  /// - Parameter patterns: A layer's self-attention each, `[head, query, key]`, first layer first.
  func rollout(of patterns: [Tensor]) throws -> Tensor

  /// 1.8: the entropy of every row of attention in bits, `[head, query]`.
  ///
  /// - Parameter pattern: `[head, query, key]`.
  func entropy(of pattern: Tensor) throws -> Tensor

  /// 1.9: your guess, before you measure, of the word from which “Paris” is read when the model
  /// answers “What is the capital of France?”.
  func capitalPrediction() throws -> String

  /// 1.9: for every head, how much of its attention goes to the country at the moment the capital
  /// is predicted, averaged over the questions.
  func countryAttention(over questions: [CapitalQuestion]) throws -> [Float]

  /// 1.10: for every head of the decoder's last cross-attention, by how many nats the
  /// log-probability of the whole target falls when the head's output is zeroed.
  ///
  /// - Parameters:
  ///   - model: The translator.
  ///   - input: One sentence; the decoder reads the target shifted right.
  ///   - predicts: The token that every decoder row should predict.
  func headEffects(in model: Transformer, input: ModelInput, predicts: [Int]) throws -> [Float]

  /// 1.10: Pearson's correlation of two lists of one length; 0 when either list is the same
  /// everywhere, for then it is not defined.
  func correlation(_ x: [Float], _ y: [Float]) throws -> Float

  /// 1.11, in words: what a map of cross-attention shows, and what it does not.
  func whatAttentionShows() throws -> String

  /// 1.12, in words: what you would check before you believe a picture of attention.
  func whatToCheck() throws -> String
}

/// The depth and widths of an encoder–decoder.
public struct ModelShape: Codable, Sendable, Equatable {
  /// How many blocks the encoder has.
  public var encoderLayers: Int
  /// How many blocks the decoder has.
  public var decoderLayers: Int
  /// How many heads an attention layer has.
  public var heads: Int
  /// The width of the residual stream.
  public var width: Int
  /// The width of a head's queries, keys and values.
  public var headWidth: Int
  /// The width of the MLP's hidden layer.
  public var feedForwardWidth: Int
  /// How many pieces the encoder reads.
  public var sourceLength: Int
  /// How many pieces the decoder reads.
  public var targetLength: Int

  /// A shape.
  public init(
    encoderLayers: Int, decoderLayers: Int, heads: Int, width: Int, headWidth: Int,
    feedForwardWidth: Int, sourceLength: Int, targetLength: Int
  ) {
    self.encoderLayers = encoderLayers
    self.decoderLayers = decoderLayers
    self.heads = heads
    self.width = width
    self.headWidth = headWidth
    self.feedForwardWidth = feedForwardWidth
    self.sourceLength = sourceLength
    self.targetLength = targetLength
  }
}

/// What one head computes attention from.
public struct AttentionHead: Codable, Sendable {
  /// `[query, headWidth]`.
  public var queries: Tensor
  /// `[key, headWidth]`.
  public var keys: Tensor
  /// What each dot product is multiplied by: 1 in T5.
  public var scale: Float
  /// Added to the scaled scores, `[query, key]`; nil where there is none.
  public var bias: Tensor?
  /// Whether a query may see only keys at its own position and before.
  public var isCausal: Bool
  /// Which keys are there and which are padding; nil when all are there.
  public var keyMask: [Bool]?

  package init(
    queries: Tensor, keys: Tensor, scale: Float, bias: Tensor? = nil, isCausal: Bool,
    keyMask: [Bool]? = nil
  ) {
    self.queries = queries
    self.keys = keys
    self.scale = scale
    self.bias = bias
    self.isCausal = isCausal
    self.keyMask = keyMask
  }
}

/// Whose attention a map is.
public enum MapOrigin: String, Codable, Sendable, CaseIterable {
  /// Source positions over source positions.
  case encoder
  /// Target positions over target positions.
  case decoder
  /// Target positions over source positions.
  case cross
}

/// What a decoder row reads and what it predicts.
public struct RowTokens: Codable, Sendable, Equatable {
  /// The piece the decoder is given at this row.
  public var reads: String
  /// The piece that should come out of this row.
  public var predicts: String

  /// A row.
  public init(reads: String, predicts: String) {
    self.reads = reads
    self.predicts = predicts
  }
}

/// A sentence and its translation, cut into pieces.
public struct PiecedPair: Codable, Sendable {
  /// The words of the source, the instruction's first.
  public var sourceWords: [String]
  /// The words of the target.
  public var targetWords: [String]
  /// The source's pieces, the end token last.
  public var sourcePieces: [String]
  /// The target's pieces, the end token last.
  public var targetPieces: [String]
  /// The word of every source piece, as an index; nil for the end token.
  public var wordOfSourcePiece: [Int?]
  /// The word of every target piece, as an index; nil for the end token.
  public var wordOfTargetPiece: [Int?]

  package init(
    sourceWords: [String], targetWords: [String], sourcePieces: [String], targetPieces: [String],
    wordOfSourcePiece: [Int?], wordOfTargetPiece: [Int?]
  ) {
    self.sourceWords = sourceWords
    self.targetWords = targetWords
    self.sourcePieces = sourcePieces
    self.targetPieces = targetPieces
    self.wordOfSourcePiece = wordOfSourcePiece
    self.wordOfTargetPiece = wordOfTargetPiece
  }
}

/// An adjective and its noun in a sentence and its translation.
public struct AdjectiveExample: Codable, Sendable {
  /// Cross-attention between words, `[head, targetWord, sourceWord]`, all layers' heads in a row.
  public var cross: Tensor
  /// The index of the adjective among the source words.
  public var sourceAdjective: Int
  /// The index of the noun among the source words.
  public var sourceNoun: Int
  /// The index of the adjective among the target words.
  public var targetAdjective: Int
  /// The index of the noun among the target words.
  public var targetNoun: Int

  package init(
    cross: Tensor, sourceAdjective: Int, sourceNoun: Int, targetAdjective: Int, targetNoun: Int
  ) {
    self.cross = cross
    self.sourceAdjective = sourceAdjective
    self.sourceNoun = sourceNoun
    self.targetAdjective = targetAdjective
    self.targetNoun = targetNoun
  }
}

/// How like three simple patterns every head's attention is: Σ A⊙D / Σ A, one number a head.
public struct HeadScores: Codable, Sendable, Equatable {
  /// The share of attention on the token just before.
  public var previousToken: [Float]
  /// The share of attention on earlier copies of the token itself.
  public var duplicateToken: [Float]
  /// The share of attention on the first token.
  public var firstToken: [Float]

  /// Scores.
  public init(previousToken: [Float], duplicateToken: [Float], firstToken: [Float]) {
    self.previousToken = previousToken
    self.duplicateToken = duplicateToken
    self.firstToken = firstToken
  }
}

/// A question on a capital, its answer, and the attention between them.
public struct CapitalQuestion: Codable, Sendable {
  /// Which piece belongs to which word.
  public var pair: PiecedPair
  /// Cross-attention `[head, targetPiece, sourcePiece]`, all layers' heads in a row; row t is the
  /// one that predicts target piece t.
  public var cross: Tensor
  /// The index of the country among the source words.
  public var country: Int
  /// The index of the capital among the target words.
  public var capital: Int

  package init(pair: PiecedPair, cross: Tensor, country: Int, capital: Int) {
    self.pair = pair
    self.cross = cross
    self.country = country
    self.capital = capital
  }
}
