public import Tensors

/// The activations a run kept.
public struct Trace: Sendable {
  private var tensors: [HookPoint: Tensor] = [:]
  private let configuration: TransformerConfiguration

  init(configuration: TransformerConfiguration) { self.configuration = configuration }

  mutating func keep(_ tensor: Tensor, at point: HookPoint) { tensors[point] = tensor }

  /// The activation at a point, or nil where it was not kept.
  package func kept(at point: HookPoint) -> Tensor? { tensors[point] }

  /// The points that were kept, in the order in which the model met them.
  public var points: [HookPoint] { configuration.allHookPoints.filter { tensors[$0] != nil } }

  /// The activation at a point.
  ///
  /// - Throws: ``TransformerError/notCaptured(_:captured:)``.
  public subscript(_ point: HookPoint) -> Tensor {
    get throws {
      if let tensor = tensors[point] { return tensor }
      try configuration.checkExistence(of: [point])
      throw TransformerError.notCaptured(point, captured: tensors.count)
    }
  }

  /// The activation at a point by its name, such as `encoder.0.attn.hook_pattern`.
  public subscript(_ name: String) -> Tensor {
    get throws {
      guard let point = HookPoint(name) else {
        throw TransformerError.unknownPoint(
          name, nearest: nearestNames(to: name, in: configuration.allHookPoints.map(\.description)))
      }
      return try self[point]
    }
  }
}
