import Transformers

/// Keys that several families have, and what becomes of those that ask for something else.
extension ModelConfigurationFile {
  /// Refuses flags that would change the numbers.
  func refuse(_ flags: String...) throws(CheckpointError) {
    for key in flags where try flag(key) == true {
      throw CheckpointError("\(path) asks for \(key), which is not supported.")
    }
  }

  /// An activation by the name `transformers` gives it.
  static func activation(_ name: String) -> TransformerConfiguration.Activation? {
    switch name {
    case "relu": .relu
    case "gelu": .gelu
    case "gelu_new", "gelu_pytorch_tanh", "gelu_fast": .geluTanh
    case "silu", "swish": .silu
    default: nil
    }
  }

  func activation(
    _ key: String, default fallback: String
  ) throws(CheckpointError) -> TransformerConfiguration.Activation {
    let name = try string(key) ?? fallback
    if let activation = Self.activation(name) { return activation }
    throw CheckpointError(
      "\(path) has \(key) = \(name); supported are relu, gelu, gelu_new, silu.")
  }

  /// The width of a head where it is the model's width over the number of heads.
  func headWidth(
    _ widthKey: String, _ width: Int, _ headsKey: String, _ heads: Int
  ) throws(CheckpointError) -> Int {
    guard width % heads == 0 else {
      throw contradiction("\(widthKey) = \(width) is not a multiple of \(headsKey) = \(heads)")
    }
    return width / heads
  }

  /// The token that fills a batch; a file may say by −1 that there is none.
  func padToken(of vocabularySize: Int, default fallback: Int) throws(CheckpointError) -> Int {
    try token("pad_token_id", of: vocabularySize) ?? min(fallback, vocabularySize - 1)
  }

  /// The angles of rotary positions, by the spelling of `transformers` 5 (`rope_parameters`) or an
  /// older one.
  ///
  /// - Parameters:
  ///   - baseKey: Where older files have the base of the wavelengths.
  ///   - factorKey: Where older files have the part of a head that is turned.
  ///   - part: What part that is where none is named.
  ///   - mayTurnAPart: Whether another part than the whole is meant when it is named.
  func rotary(
    headWidth: Int, baseKey: String, factorKey: String, part: Float, mayTurnAPart: Bool
  ) throws(CheckpointError) -> RotaryAngles {
    let section = try section("rope_scaling", "rope_parameters")
    let key = "partial_rotary_factor"
    var base = try number(baseKey, default: 10_000)
    var factor = try number(factorKey, key, default: part)
    if let section {
      base = try section.number("rope_theta", default: base)
      factor = try section.number(key, default: factor)
    }
    let width = Int(Float(headWidth) * min(factor, 2))
    guard mayTurnAPart || factor == 1 else {
      throw CheckpointError(
        "\(path) has \(key) = \(factor), which is not supported for this model_type.")
    }
    guard width >= 2, width % 2 == 0, width <= headWidth else {
      throw CheckpointError(
        "\(path) turns \(width) of the \(headWidth) values of a head by position, and an even "
          + "number from 2 to \(headWidth) is expected.")
    }
    return RotaryAngles(
      width: width, base: base, isInterleaved: false, scaling: try scaling(section))
  }

  private func scaling(
    _ section: ModelConfigurationFile?
  ) throws(CheckpointError) -> RotaryAngles.Scaling {
    guard let section else { return .none }
    let name = try section.string("rope_type", "type") ?? "default"
    switch name {
    case "default": return .none
    case "linear": return .linear(factor: try section.number("factor"))
    case "llama3":
      let key = "original_max_position_embeddings"
      var length = try integer(key, "max_position_embeddings", default: 2048)
      if section.contains(key) { length = try section.integer(key) }
      let low = try section.number("low_freq_factor")
      let high = try section.number("high_freq_factor")
      guard high > low else {
        throw contradiction("high_freq_factor = \(high) is not above low_freq_factor = \(low)")
      }
      return .llama3(
        factor: try section.number("factor"), lowFrequencyFactor: low, highFrequencyFactor: high,
        originalLength: length)
    default:
      throw CheckpointError(
        "\(path) has the rope_type “\(name)”, which is not supported; supported are default, "
          + "linear, llama3.")
    }
  }
}
