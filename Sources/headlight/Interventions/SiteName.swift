public import ArgumentParser
public import Interventions
import Laboratory
import Models
import Transformers

extension ActivationPatching.Direction: ExpressibleByArgument {}
extension PathPatching.Freeze: ExpressibleByArgument {}
extension CausalTracing.Part: ExpressibleByArgument {}

/// What is patched at every layer, as `--at` names it: `head`, and of an encoder–decoder
/// `encoder.mlp`, `decoder.residual` or `cross.head`.
struct SiteName: Equatable, Sendable, CustomStringConvertible, ExpressibleByArgument {
  let part: ActivationPatching.Part
  /// Nil means the last stack's own.
  let stack: StackChoice?

  init?(argument: String) {
    let parts = argument.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count),
      let part = ActivationPatching.Part(rawValue: String(parts[parts.count - 1]))
    else { return nil }
    self.part = part
    guard parts.count == 2 else {
      stack = nil
      return
    }
    guard let stack = StackChoice(rawValue: String(parts[0])) else { return nil }
    self.stack = stack
  }

  static let allValueStrings = ActivationPatching.Part.allCases.map(\.rawValue)

  var description: String { (stack.map { "\($0.rawValue)." } ?? "") + part.rawValue }

  /// The stack and the kind of attention in a model.
  ///
  /// - Throws: ``CommandError`` for a place that no such model has.
  func place(in loaded: LoadedModel) throws(CommandError) -> (stack: StackName, kind: AttentionKind)
  {
    if stack == .cross, part == .residual || part == .mlp {
      throw CommandError(
        "--at is \(self), and cross-attention has no \(part == .mlp ? "MLP" : "residual stream") of "
          + "its own: take decoder.\(part.rawValue), or a part of cross-attention, such as "
          + "cross.attention or cross.head")
    }
    return try loaded.stack(stack, option: "--at \(self)")
  }

  /// What it is in words, for titles.
  var caption: String {
    let what =
      switch part {
      case .residual: "residual stream before a block"
      case .attention: stack == .cross ? "output" : "attention output"
      case .mlp: "MLP output"
      case .head: "heads' mixed values"
      case .query: "queries"
      case .key: "keys"
      case .value: "values"
      case .pattern: "patterns"
      }
    switch stack {
    case nil: return what
    case .cross: return "cross-attention \(what)"
    case .encoder: return "encoder \(what)"
    case .decoder: return "decoder \(what)"
    }
  }
}

extension LoadedModel {
  /// The stack that a choice names; without one, the last.
  ///
  /// - Parameter option: What asks for it, for messages.
  /// - Throws: ``CommandError`` where a model of one stack is asked for another.
  func stack(
    _ choice: StackChoice?, option: String
  ) throws(CommandError) -> (stack: StackName, kind: AttentionKind) {
    guard model.configuration.isEncoderDecoder else {
      guard choice == nil else {
        throw CommandError(
          "\(option) is of an encoder–decoder, and \(shortName) has a single stack: leave "
            + "“\(choice!.rawValue)” out")
      }
      return (model.configuration.stacks[0].name, .own)
    }
    switch choice {
    case .encoder: return (.encoder, .own)
    case .cross: return (.decoder, .cross)
    case .decoder, nil: return (.decoder, .own)
    }
  }
}
