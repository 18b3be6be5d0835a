import Foundation
import Tensors
import Transformers

/// Finds a model's weights in a checkpoint and reads each of them once, into its own memory.
final class WeightLoader {
  private let family: ModelFamily
  private let checkpoint: Checkpoint
  private let prefix: String
  /// What the model is made of, once it is known what the file holds of it.
  private(set) var configuration: TransformerConfiguration
  /// Where the embedding is.
  private var embedding: String?
  /// The names of what was asked for.
  private var used: Set<String> = []
  /// Parts of a weight that was read, until they are asked for.
  private var parts: [String: Tensor] = [:]

  init(family: ModelFamily, checkpoint: Checkpoint, configuration: TransformerConfiguration) {
    self.family = family
    self.checkpoint = checkpoint
    self.configuration = configuration
    prefix =
      family.prefixes.first { prefix in
        prefix != "" && checkpoint.names.contains { $0.hasPrefix(prefix) }
      } ?? family.prefixes[0]
  }

  /// Where a weight is in the checkpoint, and how.
  private struct Place {
    let name: String
    let shape: [Int]
    let layout: WeightLayout
    /// Our names of what it holds.
    let parts: [String]
  }

  private static let projections = ["query", "key", "value"]

  private func place(_ name: String, shape: [Int]) throws(CheckpointError) -> Place {
    let isLinear = shape.count == 2 && (name.contains(".attention.") || name.contains(".mlp."))
    guard let fusion = family.fusion,
      let own = Self.projections.first(where: { name.contains(".attention.\($0).") })
    else {
      return Place(
        name: try storedName(name),
        shape: isLinear && family.storesInputFirst ? shape.reversed() : shape,
        layout: isLinear && family.storesInputFirst ? .transposed : .whole, parts: [name])
    }
    func named(_ projection: String) -> String {
      name.replacing(".attention.\(own).", with: ".attention.\(projection).")
    }
    let fused = try storedName(named("queryKeyValue"))
    let parts = Self.projections.map(named)
    switch fusion {
    case .columns:
      return Place(
        name: fused, shape: shape.dropFirst() + [3 * shape[0]], layout: .columns, parts: parts)
    case .rowsOfHeads:
      let width = configuration.stacks[0].stack.headWidth
      return Place(
        name: fused, shape: [3 * shape[0]] + shape.dropFirst(),
        layout: .rowsOfHeads(width: width), parts: parts)
    }
  }

  private func storedName(_ name: String) throws(CheckpointError) -> String {
    if name == "embedding.weight", let embedding { return embedding }
    let candidates = candidates(name)
    guard let first = candidates.first else {
      throw CheckpointError("a \(family.type) model has no weight for \(name).")
    }
    return candidates.first { checkpoint.contains($0) } ?? first
  }

  /// The names that a weight may have, best first.
  private func candidates(_ name: String) -> [String] {
    let ours =
      configuration.isGated ? name.replacing(".mlp.input.", with: ".mlp.gatedInput.") : name
    let names = family.weights.theirs(ours) + (ours == name ? [] : family.weights.theirs(name))
    // The head stands outside the body, and so has no prefix.
    let isOutside = name.hasPrefix("unembedding.") || name.hasPrefix("head.")
    let prefixes = [isOutside ? "" : prefix] + family.prefixes
    return prefixes.flatMap { prefix in names.map { prefix + $0 } }
  }

  private func stored(_ name: String) -> [String] {
    var found: [String] = []
    for name in candidates(name) where checkpoint.contains(name) && !found.contains(name) {
      found.append(name)
    }
    return found
  }

  /// Finds out which of embedding, unembedding and the embeddings of two stacks are one weight.
  ///
  /// The file decides: what it holds twice, with other values, is two, whatever the
  /// configuration says; and a side that it does not hold is the other one.
  ///
  /// - Returns: A sentence where the file is not as the configuration says, or nil.
  func settleSharing() throws(CheckpointError) -> String? {
    let stored = stored("embedding.weight")
    embedding = try sharedEmbedding(among: stored)
    guard configuration.head != .none, configuration.tiesEmbeddings,
      let head = self.stored("unembedding.weight").first
    else { return nil }
    guard let embedding else {
      self.embedding = head
      return nil
    }
    if try checkpoint.areEqual(head, embedding) { return nil }
    configuration.tiesEmbeddings = false
    guard family.type != ModelFamily.t5.type else { return nil }
    return
      "\(checkpoint.directory.path) holds a head, \(head), of other values than the embedding, "
      + "and config.json says that they are one; the file's own head is used"
  }

  /// The one name of the embedding that all stacks read.
  private func sharedEmbedding(among stored: [String]) throws(CheckpointError) -> String? {
    guard let first = stored.first, stored.count > 1 else { return stored.first }
    func read(by stack: StackName) -> String {
      stored.first { $0.hasSuffix("\(stack.rawValue).embed_tokens.weight") } ?? first
    }
    let (encoder, decoder) = (read(by: .encoder), read(by: .decoder))
    guard try checkpoint.areEqual(encoder, decoder) else {
      throw CheckpointError(
        "\(checkpoint.directory.path) holds an embedding for the encoder, \(encoder), and another for "
          + "the decoder, \(decoder); only one for both is supported.")
    }
    return encoder
  }

  /// A sentence about the weights that were not asked for, or nil when there are none.
  ///
  /// Constants that old files hold, such as masks, and second copies are no weights.
  func sentenceOnUnused() throws(CheckpointError) -> String? {
    let constants = [
      ".attn.bias", ".attn.masked_bias", ".attention.bias", ".attention.masked_bias",
      "rotary_emb.inv_freq", "position_ids", "embed_positions.weight",
      "EncDecAttention.relative_attention_bias.weight",
    ]
    let doubles = ["embedding.weight", "unembedding.weight", "unembedding.bias"].flatMap(stored)
    var unused: [String] = []
    for name in checkpoint.names where !used.contains(name) {
      if constants.contains(where: { name.hasSuffix($0) }) { continue }
      var isCopy = false
      for double in doubles where !isCopy && doubles.contains(name) && used.contains(double) {
        isCopy = try checkpoint.areEqual(name, double)
      }
      if !isCopy { unused.append(name) }
    }
    guard !unused.isEmpty else { return nil }
    let shown = unused.prefix(3).joined(separator: ", ")
    let more = unused.count > 3 ? " and \(unused.count - 3) more" : ""
    return
      "\(checkpoint.directory.path) holds \(unused.count == 1 ? "a weight" : "weights") that the "
      + "model does not use: \(shown)\(more)"
  }

  func check(_ name: String, shape: [Int]) throws(CheckpointError) {
    let place = try place(name, shape: shape)
    let stored = try checkpoint.shape(of: place.name)
    used.insert(checkpoint.keptName(place.name))
    // Some vectors are stored as the only row of a matrix.
    guard stored == place.shape || stored == [1] + place.shape && shape.count == 1 else {
      throw CheckpointError(
        "\(checkpoint.directory.path) holds \(place.name) of shape \(stored) where config.json "
          + "makes it \(place.shape); they do not belong together.")
    }
  }

  /// - Parameter staysNarrow: Whether a matrix that is stored in sixteen bits a value stays so.
  func weight(
    _ name: String, shape: [Int], staysNarrow: Bool
  ) throws(CheckpointError) -> Tensor {
    if let part = parts.removeValue(forKey: name) { return part }
    let place = try place(name, shape: shape)
    let tensors = try checkpoint.tensors(
      place.name, layout: place.layout, shape: shape,
      stayNarrow: staysNarrow && shape.count == 2)
    for (part, tensor) in zip(place.parts, tensors) where part != name { parts[part] = tensor }
    return tensors[place.parts.firstIndex(of: name) ?? 0]
  }
}
