package import Tensors
package import Transformers

extension Sweep {
  /// A number that tells this sweep on this model and input from others, as far as values can say:
  /// what a closure does is not in it.
  func fingerprint(_ model: Transformer, _ input: ModelInput) -> UInt64 {
    var mark = Fingerprint()
    mark.add(model)
    mark.add("\(input)")
    mark.add("\(metric.name) \(metric.positions) \(metric.answers) \(metric.foils)")
    for trial in trials + base {
      mark.add("\(trial.row)")
      for change in trial.changes {
        mark.add("\(change.site.point) \(change.site.positions ?? [])")
        switch change.site.part {
        case .all: break
        case .heads(let list): mark.add("heads \(list)")
        case .units(let list): mark.add("units \(list)")
        case .subspace(let basis): mark.add(basis)
        }
        switch change.edit.kind {
        case .replace(let tensor, let row, let positions):
          mark.add(tensor)
          mark.add("replace \(row) \(positions ?? [])")
        case .add(let tensor):
          mark.add(tensor)
          mark.add("add")
        case .forbid(let keys): mark.add("forbid \(keys)")
        case .zero: mark.add("zero")
        case .map: mark.add("map")
        case .freeze: mark.add("freeze")
        }
      }
    }
    return mark.value
  }
}

/// FNV-1a over what is added.
///
/// Fowler, Noll and Vo, 1991.
package struct Fingerprint {
  package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325
  /// Tensors are shared by many trials; each is read once.
  private var seen: [UnsafeRawPointer: UInt64] = [:]

  package init() {}

  package mutating func add(_ text: String) {
    for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }

  /// A model, by its configuration and a thousand or two of each weight's values: a mark is made at
  /// every run, and models that differ do so everywhere.
  package mutating func add(_ model: Transformer) {
    add("\(model.configuration)")
    for parameter in model.parameters { add(parameter.tensor, upTo: 1 << 10) }
  }

  /// - Parameter limit: Of a tensor of more values than twice this, only so many are read.
  package mutating func add(_ tensor: Tensor, upTo limit: Int = 1 << 16) {
    let sum = tensor.withUnsafeValues { values -> UInt64 in
      let address = UnsafeRawPointer(values.baseAddress!)
      if let sum = seen[address] { return sum }
      var sum: UInt64 = 0xCBF2_9CE4_8422_2325
      for index in stride(from: 0, to: values.count, by: max(1, values.count / limit)) {
        sum = (sum ^ UInt64(values[index].bitPattern)) &* 0x100_0000_01B3
      }
      seen[address] = sum
      return sum
    }
    value = (value ^ sum) &* 0x100_0000_01B3
    add("\(tensor.shape)")
  }
}
