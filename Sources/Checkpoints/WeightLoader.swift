import Foundation
import Tensors
import Transformers

/// Finds a model's weights in a checkpoint and reads each of them once, into its own memory.
final class WeightLoader {
  private let family: ModelFamily
  private let checkpoint: Checkpoint
  private let prefix: String
  private let configuration: TransformerConfiguration
  /// Parts of a weight that was read, until they are asked for.
  private var parts: [String: Tensor] = [:]

  init(family: ModelFamily, checkpoint: Checkpoint, configuration: TransformerConfiguration) {
    self.family = family
    self.checkpoint = checkpoint
    self.configuration = configuration
    prefix =
      family.prefixes.first { prefix in
        family.weights.theirs("embedding.weight").contains { checkpoint.contains(prefix + $0) }
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
    let ours =
      configuration.isGated ? name.replacing(".mlp.input.", with: ".mlp.gatedInput.") : name
    let names = family.weights.theirs(ours) + (ours == name ? [] : family.weights.theirs(name))
    guard let first = names.first else {
      throw CheckpointError("a \(family.type) model has no weight for \(name).")
    }
    // The head stands outside the body, and so has no prefix.
    let isOutside = name.hasPrefix("unembedding.") || name.hasPrefix("head.")
    let prefix = isOutside ? "" : prefix
    return prefix + (names.first { checkpoint.contains(prefix + $0) } ?? first)
  }

  func check(_ name: String, shape: [Int]) throws(CheckpointError) {
    let place = try place(name, shape: shape)
    let stored = try checkpoint.shape(of: place.name)
    // Some vectors are stored as the only row of a matrix.
    guard stored == place.shape || stored == [1] + place.shape && shape.count == 1 else {
      throw CheckpointError(
        "\(checkpoint.directory.path) holds \(place.name) of shape \(stored) where config.json "
          + "makes it \(place.shape); they do not belong together.")
    }
  }

  func weight(_ name: String, shape: [Int]) throws(CheckpointError) -> Tensor {
    if let part = parts.removeValue(forKey: name) { return part }
    let place = try place(name, shape: shape)
    let tensors = try checkpoint.tensors(place.name, layout: place.layout, shape: shape)
    for (part, tensor) in zip(place.parts, tensors) where part != name { parts[part] = tensor }
    return tensors[place.parts.firstIndex(of: name) ?? 0]
  }
}
