import ArgumentParser
import Models
import Transformers

/// A kind of attention in an encoder–decoder.
enum StackChoice: String, CaseIterable, ExpressibleByArgument, Sendable {
  case encoder, decoder, cross
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
