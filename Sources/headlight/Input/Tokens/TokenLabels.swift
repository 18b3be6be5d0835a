import Laboratory
import Models
import Tokenizers

extension LoadedModel {
  /// A token as figures, reports and messages name it: its text, or `#19` where an id has none.
  func label(of id: Int) -> String { tokenizer?.label(of: id) ?? "#\(id)" }

  /// The labels of ids.
  func labels(of ids: [Int]) -> [String] { ids.map(label) }

  /// Two tokens as a figure names them: without the spaces before the words, unless it is a space that
  /// tells them apart.
  func names(_ token: Int, against foil: Int? = nil) -> (token: String, foil: String?) {
    let name = label(of: token)
    guard let foil = foil.map(label) else { return (name.word, nil) }
    guard name.word == foil.word else { return (name.word, foil.word) }
    func marked(_ label: String) -> String {
      label.first == " " ? "␣" + label.dropFirst() : label
    }
    return (marked(name), marked(foil))
  }

  /// A token, or two with a minus sign: “brun − brune”.
  func contrast(_ token: Int, against foil: Int? = nil) -> String {
    let (name, foil) = names(token, against: foil)
    // The marks keep two words that run from right to left on their own sides of the minus sign.
    let isMirrored = (name + (foil ?? "")).unicodeScalars.contains {
      (0x590..<0x900).contains($0.value) || (0xFB1D...0xFEFF).contains($0.value)
    }
    return name + (foil.map { (isMirrored ? "\u{200E} − \u{200E}" : " − ") + $0 } ?? "")
  }
}
