/// Attributes that no answer needs and that open what is not an answer's to use: `@testable import`,
/// which shows all that a module keeps to itself in a build for testing, and those whose names begin
/// with an underscore, such as `@_silgen_name`, which binds to symbols by their names.
enum ForbiddenAttributes {
  /// Where they stand, as the compiler would say it if it refused them.
  static func faults(in text: String) -> [Diagnostics.Fault] {
    let bytes = MaskedSource(text.utf8).bytes
    var faults: [Diagnostics.Fault] = []
    var line = 1
    var lineStart = 0
    for (place, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "\n") { (line, lineStart) = (line + 1, place + 1) }
      guard byte == UInt8(ascii: "@") else { continue }
      let name = String(
        decoding: bytes[(place + 1)...].drop { $0 == 0x20 || $0 == 0x09 }.prefix {
          $0 == UInt8(ascii: "_") || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0
        }, as: UTF8.self)
      guard name == "testable" || name.hasPrefix("_") else { continue }
      faults.append(
        Diagnostics.Fault(
          line: line, column: place - lineStart + 1,
          text: "“@\(name)” opens what is not an answer's to use"))
    }
    return faults
  }
}
