public import Tensors
public import Transformers

/// What a student answers on Sheet 1: one method an exercise.
public protocol AttentionAnswers: Sendable {
  /// 1.1: the depth and widths of a model, from nothing but the shapes of its activations.
  ///
  /// - Parameter shapes: The shape of every activation of one sentence by its hook name, such as
  ///   `encoder.0.attn.hook_q`; the first axis is the batch, of length 1.
  func modelShape(from shapes: [String: [Int]]) throws -> ModelShape

  /// 1.1: how many weights a model of a shape has in its attention and in its MLPs.
  ///
  /// - Parameters:
  ///   - shape: Depth and widths; the two lengths play no part.
  ///   - hasGate: Whether an MLP multiplies what its first matrix gives with what a second gives.
  func weights(of shape: ModelShape, hasGate: Bool) throws -> WeightCounts

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

  /// 1.4: whether the words on a picture's rows are those that rows read or those that they predict.
  func labelling(of picture: LabelledMap) throws -> RowLabelling

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

  /// 1.7: how much every head attends to what a head of each kind looks for: the mean over all rows
  /// of all texts in which there is such a key; 0 where no row has one.
  func headScores(over texts: [ReadText]) throws -> HeadScores

  /// 1.7: the scores of a head that spreads its attention evenly over all keys that a row may see.
  func evenScores(over texts: [ReadText]) throws -> EvenScores

  /// 1.8: attention rollout, `[position, position]`.
  ///
  /// - Parameter patterns: A layer's self-attention each, `[head, query, key]`, first layer first.
  func rollout(of patterns: [Tensor]) throws -> Tensor

  /// 1.8: the entropy of every row of attention in bits, `[head, query]`.
  ///
  /// - Parameter pattern: `[head, query, key]`.
  func entropy(of pattern: Tensor) throws -> Tensor

  /// 1.9: your guess, before you measure: in which part of the model, and from which word to which,
  /// a head looks that helps to answer “What is the capital of France?” with “The capital is Paris.”.
  func capitalPrediction() throws -> CapitalGuess

  /// 1.9: for every head of each part, how much of its attention goes along one link, averaged over
  /// the questions.
  ///
  /// In the encoder from the question's word “capital” to the country; in the decoder from the row
  /// that predicts the capital's first piece to the answer's word “capital”; in cross-attention from
  /// that row to the country.
  func capitalAttention(over questions: [CapitalQuestion]) throws -> CapitalAttention

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

  /// 1.13, in words: what you see in at least three heads, and which number would check it.
  func patternsSeen() throws -> String
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

/// How many weights a model has, and where; embeddings, norms and biases are left out.
public struct WeightCounts: Codable, Sendable, Equatable {
  /// In the attention of all blocks of the encoder.
  public var encoderAttention: Int
  /// In the attention of all blocks of the decoder.
  public var decoderAttention: Int
  /// In the MLPs of both stacks.
  public var mlp: Int

  /// Counts.
  public init(encoderAttention: Int, decoderAttention: Int, mlp: Int) {
    self.encoderAttention = encoderAttention
    self.decoderAttention = decoderAttention
    self.mlp = mlp
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

/// What the words on the rows of a picture are.
public enum RowLabelling: String, Codable, Sendable, CaseIterable {
  /// What the decoder is given at a row.
  case reads
  /// What should come out of a row.
  case predicts
}

/// A picture of cross-attention as it is published: a word on every row, and no word on what it means.
public struct LabelledMap: Codable, Sendable {
  /// Attention between words, `[row, sourceWord]`.
  public var cross: Tensor
  /// The French word that stands on each row; rows at the ends are cut off.
  public var labels: [String]
  /// For each label, the source word that it translates, or nil for none.
  public var translates: [Int?]

  package init(cross: Tensor, labels: [String], translates: [Int?]) {
    self.cross = cross
    self.labels = labels
    self.translates = translates
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

/// A text that a decoder has read, and how all of its heads attended.
public struct ReadText: Codable, Sendable {
  /// `[head, query, key]`, all layers' heads in a row.
  public var pattern: Tensor
  /// The token at every position.
  public var tokens: [Int]
  /// Whether a token is read at a position; false for padding, in front of the text or behind it.
  public var isRead: [Bool]
  /// Where the name stands that comes next, as the one who is given something; nil for another text.
  public var indirectObject: Int?

  package init(pattern: Tensor, tokens: [Int], isRead: [Bool], indirectObject: Int?) {
    self.pattern = pattern
    self.tokens = tokens
    self.isRead = isRead
    self.indirectObject = indirectObject
  }
}

/// How much every head attends to what heads of four kinds look for, one number a head.
public struct HeadScores: Codable, Sendable, Equatable {
  /// The attention to the token just before.
  public var previousToken: [Float]
  /// The attention to earlier copies of the token itself.
  public var duplicateToken: [Float]
  /// The attention to the tokens behind earlier copies of the token itself.
  public var induction: [Float]
  /// The attention, from the last token that is read, to the indirect object.
  public var indirectObject: [Float]

  /// Scores.
  public init(
    previousToken: [Float], duplicateToken: [Float], induction: [Float], indirectObject: [Float]
  ) {
    self.previousToken = previousToken
    self.duplicateToken = duplicateToken
    self.induction = induction
    self.indirectObject = indirectObject
  }
}

/// The same of a head that attends evenly to all that it may see.
public struct EvenScores: Codable, Sendable, Equatable {
  /// The attention to the token just before.
  public var previousToken: Float
  /// The attention to earlier copies of the token itself.
  public var duplicateToken: Float
  /// The attention to the tokens behind earlier copies of the token itself.
  public var induction: Float
  /// The attention, from the last token that is read, to the indirect object.
  public var indirectObject: Float

  /// Scores.
  public init(
    previousToken: Float, duplicateToken: Float, induction: Float, indirectObject: Float
  ) {
    self.previousToken = previousToken
    self.duplicateToken = duplicateToken
    self.induction = induction
    self.indirectObject = indirectObject
  }
}

/// A question on a capital, its answer, and all attention on the way.
///
/// Patterns hold all layers' heads in a row, layer 0 first.
public struct CapitalQuestion: Codable, Sendable {
  /// Which piece belongs to which word.
  public var pair: PiecedPair
  /// Attention of the encoder, `[head, sourcePiece, sourcePiece]`.
  public var encoder: Tensor
  /// Attention of the decoder, `[head, row, row]`; row t predicts target piece t, and reads the
  /// piece before.
  public var decoder: Tensor
  /// Cross-attention, `[head, row, sourcePiece]`.
  public var cross: Tensor
  /// The index of the word “capital” among the source words.
  public var topic: Int
  /// The index of the country among the source words.
  public var country: Int
  /// The index of the word “capital” among the target words.
  public var answeredTopic: Int
  /// The index of the capital, such as “Paris”, among the target words.
  public var capital: Int

  package init(
    pair: PiecedPair, encoder: Tensor, decoder: Tensor, cross: Tensor, topic: Int, country: Int,
    answeredTopic: Int, capital: Int
  ) {
    self.pair = pair
    self.encoder = encoder
    self.decoder = decoder
    self.cross = cross
    self.topic = topic
    self.country = country
    self.answeredTopic = answeredTopic
    self.capital = capital
  }
}

/// Where attention is expected: from a word to a word.
public struct CapitalGuess: Codable, Sendable, Equatable {
  /// The part of the model.
  public var part: MapOrigin
  /// The word that looks: of the question in the encoder, else the one that is being predicted.
  public var from: String
  /// The word that is looked at: of the answer in the decoder, else of the question.
  public var to: String

  /// A guess.
  public init(part: MapOrigin, from: String, to: String) {
    self.part = part
    self.from = from
    self.to = to
  }
}

/// How much attention goes along a link of each part, one number a head.
public struct CapitalAttention: Codable, Sendable, Equatable {
  /// From the question's “capital” to the country.
  public var encoder: [Float]
  /// From the row that predicts the capital to the answer's “capital”.
  public var decoder: [Float]
  /// From the row that predicts the capital to the country.
  public var cross: [Float]

  /// Attention by head.
  public init(encoder: [Float], decoder: [Float], cross: [Float]) {
    self.encoder = encoder
    self.decoder = decoder
    self.cross = cross
  }
}
