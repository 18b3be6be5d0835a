extension Finding {
  /// All findings, sheet by sheet.
  package static let all: [Finding] =
    attentionFindings + probingFindings + sortingFindings + lensFindings + patchFindings
    + patchscopeFindings + crossModelFindings + idiomFindings + suppressionFindings + repairFindings
    + circuitFindings

  /// The finding of a name.
  package static func named(_ name: String) -> Finding? { all.first { $0.name == name } }
}

extension Set<MeasuredModel.Kind> {
  /// All that predict a next token over words.
  static var decoders: Self { [.reader, .tours, .other] }
  /// Those that know facts.
  static var knowing: Self { [.reader, .other] }
}
