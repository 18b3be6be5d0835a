import Foundation
import Models
import Tokenizers
import Transformers

extension LoadedModel {
  /// The model's own name for a title: what its configuration says it is, or else the name that it was
  /// asked for by.
  var title: String {
    guard let place = try? ModelPlace(name, needsWeights: false),
      let data = try? Data(contentsOf: place.directory.appending(path: "config.json")),
      let own = (try? JSONDecoder().decode(OwnName.self, from: data))?._name_or_path,
      let last = own.split(separator: "/").last,
      last.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]*/) != nil
    else { return shortName }
    return String(last)
  }

  private struct OwnName: Decodable { var _name_or_path: String }
}

extension LoadedModel {
  /// What a model reads of ids: with its start token in front where that is asked for.
  ///
  /// A model with a start token of its own that gets none is said to, once.
  ///
  /// - Parameter isWanted: nil where the command cannot be asked for it.
  func startingTokens(_ ids: [Int], isWanted: Bool?) throws -> [Int] {
    let start = model.configuration.startToken
    guard let isWanted, !model.configuration.isEncoderDecoder, model.configuration.decoder != nil
    else { return ids }
    let name = tokenizer?.specialTokens[start]
    if isWanted {
      guard name != nil else {
        throw CommandError("\(shortName) has no start token: leave --start-token out")
      }
      return ids.first == start ? ids : [start] + ids
    }
    if let name, ids.first != start {
      note(
        "\(shortName) has a start token, \(name), and the text is read without it; --start-token puts "
          + "it in front")
    }
    return ids
  }
}
