import Checkpoints
import Files
import Foundation

/// The server that models are downloaded from, and who asks.
package struct Endpoint: Sendable {
  /// Where the hub is, without a slash at its end.
  let address: String
  private let url: URL
  /// The user's own token, or nil; it goes to this server and to no other.
  private let token: String?

  /// Whether a token is sent.
  var hasToken: Bool { token != nil }
  /// The server's name, for messages.
  var host: String { url.host ?? address }

  /// The hub that the environment names: `HF_ENDPOINT`, or huggingface.co; and `HF_TOKEN`.
  package init(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(HubError) {
    let named = environment["HF_ENDPOINT"] ?? ""
    var address = named.isEmpty ? "https://huggingface.co" : named
    while address.hasSuffix("/") { address.removeLast() }
    guard let url = URL(string: address), Self.isWeb(url), url.query == nil, url.fragment == nil
    else {
      throw HubError(
        "HF_ENDPOINT is “\(named)”, and an address such as https://huggingface.co is expected")
    }
    let token = (environment["HF_TOKEN"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    // A line feed in a header would begin another one.
    guard token.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
      throw HubError("HF_TOKEN holds a character that no token has; copy the token again")
    }
    self.address = address
    self.url = url
    self.token = token.isEmpty ? nil : token
  }

  /// The description of a model at a revision.
  func description(of name: HubName) -> URL {
    URL(string: "\(address)/api/models/\(name.repository)/revision/\(Self.escaped(name.revision))")!
  }

  /// A file of a model at a commit.
  func file(_ file: String, of name: HubName, at commit: String) -> URL {
    URL(string: "\(address)/\(name.repository)/resolve/\(commit)/\(Self.escaped(file))")!
  }

  /// The page on which a model's terms are accepted.
  func page(of name: HubName) -> String { "\(address)/\(name.repository)" }

  /// The header of a request, with the token where it belongs.
  func headers(for target: URL) -> [(String, String)] {
    var headers = [
      ("User-Agent", "headlight"), ("Accept", "*/*"),
      // Lengths and hashes are those of the file itself.
      ("Accept-Encoding", "identity"),
    ]
    if let token, Self.origin(target) == Self.origin(url) {
      headers.append(("Authorization", "Bearer \(token)"))
    }
    return headers
  }

  /// Where a redirect leads.
  ///
  /// - Throws: ``HubError`` when that is no web address, or a step back from https.
  func target(of location: String, from source: URL) throws(HubError) -> URL {
    guard let target = URL(string: location, relativeTo: source)?.absoluteURL, Self.isWeb(target)
    else {
      throw HubError(
        "\(source.host ?? host) redirects to \(quoted(location)), which is no web address")
    }
    guard source.scheme?.lowercased() != "https" || target.scheme?.lowercased() == "https" else {
      throw HubError(
        "\(source.host ?? host) redirects from https to \(quoted(location)), where anyone on the way "
          + "could change what is downloaded")
    }
    return target
  }

  private static func isWeb(_ url: URL) -> Bool {
    ["http", "https"].contains(url.scheme?.lowercased()) && !(url.host ?? "").isEmpty
  }

  private static func origin(_ url: URL) -> [String] {
    let scheme = url.scheme?.lowercased() ?? ""
    let port = url.port ?? (scheme == "https" ? 443 : 80)
    return [scheme, url.host?.lowercased() ?? "", "\(port)"]
  }

  private static func escaped(_ text: String) -> String {
    var allowed = CharacterSet.alphanumerics
    allowed.insert(charactersIn: "-_.~")
    return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
  }
}
