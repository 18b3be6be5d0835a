import Checkpoints
import Files
import Foundation
import Laboratory
import Tensors
package import Transformers

/// What a training has come to: all that its next step depends on, beside the recipe.
package struct TrainingState: Sendable {
  package var model: Transformer
  var adam: AdamW
  var muon: Muon
  package var losses: [Float] = []
  /// Losses of parts of the corpus: a row every time they were measured.
  var partLosses: [[Float]] = []

  init(model: Transformer, adam: AdamW, muon: Muon = Muon()) {
    self.model = model
    self.adam = adam
    self.muon = muon
  }

  /// Writes the state.
  ///
  /// - Parameter recipe: What the training was begun with; resuming compares it.
  /// - Throws: ``CheckpointError`` when the file cannot be written.
  func save(to url: URL, recipe: String) throws {
    var writer = SafetensorsWriter(metadata: ["recipe": recipe])
    for (name, tensor) in model.parameters {
      writer.add(name, tensor)
      if let moments = adam.moments[name] {
        writer.add("first." + name, moments.first)
        writer.add("second." + name, moments.second)
      }
      if let mean = muon.means[name] { writer.add("mean." + name, mean) }
    }
    writer.add("losses", Tensor(losses))
    if !partLosses.isEmpty { writer.add("partLosses", Tensor(rows: partLosses)) }
    try writer.write(to: url)
  }

  /// Takes up a training where a file left it.
  ///
  /// - Throws: ``CheckpointError`` when the file is broken or of another recipe.
  mutating func resume(from url: URL, recipe: String) throws {
    let file = try SafetensorsFile(contentsOf: url)
    guard file.metadata["recipe"] == recipe else {
      throw CheckpointError(
        "\(url.path) was begun with another recipe (\(file.metadata["recipe"] ?? "none") and not "
          + "\(recipe)); delete it to start afresh, or go on with its own seed and steps")
    }
    var copy = self
    copy.losses = try file.tensor("losses").values
    copy.adam.step = copy.losses.count
    for (name, _) in model.parameters {
      if file.contains("first." + name) {
        copy.adam.moments[name] = (
          try file.tensor("first." + name), try file.tensor("second." + name)
        )
      }
      if file.contains("mean." + name) { copy.muon.means[name] = try file.tensor("mean." + name) }
    }
    if file.contains("partLosses") {
      let table = try file.tensor("partLosses")
      let width = table.shape[1]
      copy.partLosses = (0..<table.shape[0]).map {
        Array(table.values[($0 * width)..<(($0 + 1) * width)])
      }
    }
    copy.model = try Transformer(configuration: model.configuration) { name, shape in
      let tensor = try file.tensor(name)
      guard tensor.shape == shape else {
        throw CheckpointError(
          "\(url.path) holds \(name) of shape \(tensor.shape) where this recipe makes it "
            + "\(shape); delete it to start afresh")
      }
      return tensor
    }
    self = copy
  }
}

/// Writes a tokenizer beside its model.
func writeTokenizer(_ json: Data, to directory: URL) throws {
  try AtomicFile.write(json, to: directory.appendingPathComponent("tokenizer.json"))
}
