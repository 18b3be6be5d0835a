public import Tensors

/// A place in the run of a text: tokens, a position and a layer.
public struct ScopePlace: Codable, Sendable, Hashable {
  /// The text.
  public var tokens: [Int]
  /// The position in it.
  public var position: Int
  /// How many blocks have been passed; 0 is what the first block reads.
  public var layer: Int

  /// A place.
  public init(tokens: [Int], position: Int, layer: Int) {
    self.tokens = tokens
    self.position = position
    self.layer = layer
  }
}

/// Two texts of equal length, of which the first leads to the answer and the second does not.
public struct Contrast: Codable, Sendable {
  /// The text that the answer continues.
  public var clean: [Int]
  /// Its twin, which spoils the answer.
  public var corrupted: [Int]
  /// The token that continues the clean text.
  public var answer: Int
  /// The token whose logit is taken off.
  public var foil: Int

  /// Two texts, an answer and a foil.
  public init(clean: [Int], corrupted: [Int], answer: Int, foil: Int) {
    self.clean = clean
    self.corrupted = corrupted
    self.answer = answer
    self.foil = foil
  }
}

/// Which run is patched with a state of the other.
public enum PatchDirection: String, Codable, Sendable, CaseIterable {
  /// Clean states go into the corrupted run: what suffices?
  case restoring
  /// Corrupted states go into the clean run: what is needed?
  case corrupting
}

/// A text that asks for what is known of a subject.
public struct SubjectFact: Codable, Sendable {
  /// The text, up to where the answer is to come.
  public var tokens: [Int]
  /// Where the subject stands.
  public var subject: Range<Int>
  /// The token that is asked for.
  public var answer: Int

  /// A text, its subject and its answer.
  public init(tokens: [Int], subject: Range<Int>, answer: Int) {
    self.tokens = tokens
    self.subject = subject
    self.answer = answer
  }
}

/// What a block adds to the residual stream, by its two parts.
public enum BlockPart: String, Codable, Sendable, CaseIterable {
  /// What attention adds: `HookPoint.block(.blocks, l, .attentionOut(.own))`.
  case attention
  /// What the MLP adds: `HookPoint.block(.blocks, l, .mlpOut)`.
  case mlp
}

/// Something that is done to a run.
public enum ScopeChange: Codable, Sendable {
  /// Noise `[position, width]` is added to the token embeddings of these positions.
  case noise(Tensor, at: Range<Int>)
  /// The query may not attend to the keys in these blocks.
  case cut(query: Int, keys: [Int], blocks: Range<Int>)
}

/// One of the two runs of a Patchscope: a text, a place in it, and what is done to the run besides.
public struct ScopeRun: Codable, Sendable {
  /// Where the state is taken from, or put.
  public var place: ScopePlace
  /// What else happens in the run.
  public var changes: [ScopeChange]

  /// A run.
  public init(_ place: ScopePlace, changes: [ScopeChange] = []) {
    self.place = place
    self.changes = changes
  }
}

/// A Patchscope: the state of the source's place goes through the map into the target's place.
public struct Scope: Codable, Sendable {
  /// S, i and l, and what makes M of the model.
  public var source: ScopeRun
  /// f; nil takes the state as it is.
  public var map: AffineMap?
  /// T, i* and l*, and what makes M* of the model.
  public var target: ScopeRun

  /// A Patchscope.
  public init(source: ScopeRun, map: AffineMap? = nil, target: ScopeRun) {
    self.source = source
    self.map = map
    self.target = target
  }
}

/// A text that asks for a relation's object, and where its subject ends.
public struct RelationPrompt: Codable, Sendable {
  /// The text, up to where the object is to come.
  public var tokens: [Int]
  /// Where the subject's last token is.
  public var subject: Int

  /// A prompt.
  public init(tokens: [Int], subject: Int) {
    self.tokens = tokens
    self.subject = subject
  }
}

/// A question that takes two steps, such as the currency of the country where someone was born.
public struct TwoHops: Codable, Sendable {
  /// Both steps in one text.
  public var joint: [Int]
  /// The first step alone, up to where its answer is to come.
  public var first: [Int]
  /// The second step, with any token in the place of the first one's answer.
  public var second: [Int]
  /// Where that token stands.
  public var placeholder: Int

  /// A question.
  public init(joint: [Int], first: [Int], second: [Int], placeholder: Int) {
    self.joint = joint
    self.first = first
    self.second = second
    self.placeholder = placeholder
  }
}

/// What a model says to a question of two steps, asked in three ways: a token each.
public struct HopAnswers: Codable, Sendable, Hashable {
  /// Both steps in one text.
  public var vanilla: Int
  /// The first step's state in the place of the placeholder.
  public var patched: Int
  /// The first step's answer, as a token, in the place of the placeholder.
  public var stepped: Int

  /// Three answers.
  public init(vanilla: Int, patched: Int, stepped: Int) {
    self.vanilla = vanilla
    self.patched = patched
    self.stepped = stepped
  }
}

/// How many questions are answered in each way, as shares from 0 to 1.
public struct HopTally: Codable, Sendable, Hashable {
  /// Right in one text.
  public var vanilla: Double
  /// Right by the patch.
  public var patched: Double
  /// Right step by step.
  public var stepped: Double
  /// Of those that are wrong in one text: right by the patch; 0 where none is wrong.
  public var mended: Double
  /// Of those that are right in one text: wrong by the patch; 0 where none is right.
  public var broken: Double

  /// Five shares.
  public init(
    vanilla: Double, patched: Double, stepped: Double, mended: Double, broken: Double
  ) {
    self.vanilla = vanilla
    self.patched = patched
    self.stepped = stepped
    self.mended = mended
    self.broken = broken
  }
}

/// Vectors that stand where a prompt's token embeddings would.
public struct SoftPrompt: Codable, Sendable, Parameterized {
  /// The vectors, `[position, width]`.
  public var rows: Tensor

  /// A prompt of some vectors.
  public init(rows: Tensor) { self.rows = rows }

  /// Visits the vectors, as `rows`.
  public mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    body("rows", &rows)
  }
}
