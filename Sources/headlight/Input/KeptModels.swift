import Laboratory
import Models
import Synchronization

/// Models that a process which runs many commands loads once.
enum KeptModels {
  /// Nothing is kept until somebody asks for it.
  private static let models = Mutex<[String: LoadedModel]?>(nil)
  /// A command reads two models at most.
  private static let limit = 2

  /// From now on models are kept.
  static func begin() { models.withLock { $0 = $0 ?? [:] } }

  /// A model, loaded unless it is kept.
  static func model(_ name: String) throws -> LoadedModel {
    if let kept = models.withLock({ $0?[name] }) { return kept }
    let loaded = try LoadedModel(name)
    models.withLock { models in
      if models?.count == limit { models = [:] }
      models?[name] = loaded
    }
    return loaded
  }
}
