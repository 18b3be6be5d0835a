package import Tensors
package import Transformers

/// A head, and what stands for tokens where it reads them.
package struct EmbeddedHead: Codable, Sendable {
  package var model: SuppressionModel
  package var head: HeadPlace
  /// `[token, width]`.
  package var embedding: Tensor
  /// The tokens that the circuit is over; nil for all.
  package var tokens: [Int]?

  package init(
    model: SuppressionModel, head: HeadPlace, embedding: Tensor, tokens: [Int]? = nil
  ) {
    self.model = model
    self.head = head
    self.embedding = embedding
    self.tokens = tokens
  }
}

/// A head and texts that it is seen on.
package struct HeadOnTexts: Codable, Sendable {
  package var model: SuppressionModel
  package var head: HeadPlace
  package var texts: [[Int]]

  package init(model: SuppressionModel, head: HeadPlace, texts: [[Int]]) {
    self.model = model
    self.head = head
    self.texts = texts
  }
}

/// A head that is taken away.
package struct ReplacedHead: Codable, Sendable {
  package var model: SuppressionModel
  package var head: HeadPlace
  /// `[headWidth]`.
  package var replacement: Tensor
  package var texts: [[Int]]
  /// Whose prediction is read, where one text is.
  package var position: Int

  package init(
    model: SuppressionModel, head: HeadPlace, replacement: Tensor, texts: [[Int]],
    position: Int = 0
  ) {
    self.model = model
    self.head = head
    self.replacement = replacement
    self.texts = texts
    self.position = position
  }
}

/// A head on a text of which something is kept, and logits with and without it.
package struct KeptHead: Codable, Sendable {
  package var head: HeadMatrices
  package var text: HeadText
  package var keys: Int
  package var unembeddings: Int
  /// `[position, token]` each.
  package var kept, ablated, model: Tensor

  package init(
    head: HeadMatrices, text: HeadText, keys: Int, unembeddings: Int, kept: Tensor,
    ablated: Tensor, model: Tensor
  ) {
    self.head = head
    self.text = text
    self.keys = keys
    self.unembeddings = unembeddings
    self.kept = kept
    self.ablated = ablated
    self.model = model
  }
}

/// Texts whose start is looked at, and what is put there.
package struct StartOfTexts: Codable, Sendable {
  package var model: SuppressionModel
  package var head: HeadPlace
  package var texts: [[Int]]
  package var token: Int
  package var position: Int

  package init(
    model: SuppressionModel, head: HeadPlace, texts: [[Int]], token: Int, position: Int
  ) {
    self.model = model
    self.head = head
    self.texts = texts
    self.token = token
    self.position = position
  }
}

/// A query to take apart.
package struct AskedKey: Codable, Sendable {
  package var model: SuppressionModel
  package var head: HeadPlace
  package var text: [Int]
  package var position: Int
  package var prediction: Int

  package init(
    model: SuppressionModel, head: HeadPlace, text: [Int], position: Int, prediction: Int
  ) {
    self.model = model
    self.head = head
    self.text = text
    self.position = position
    self.prediction = prediction
  }
}

/// Sequences that are said twice to one model, and scores of several.
package struct HeadsOfModels: Codable, Sendable {
  package var model: SuppressionModel
  package var halves: [[Int]]
  package var models: [[HeadScores]]

  package init(model: SuppressionModel, halves: [[Int]], models: [[HeadScores]]) {
    self.model = model
    self.halves = halves
    self.models = models
  }
}
