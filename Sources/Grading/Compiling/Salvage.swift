import Answering
import Coursework

/// A student's text that does not compile, from which what the compiler complains about is taken
/// out, a declaration at a time, so that one mistake costs one exercise.
///
/// An answer's body becomes `throw Unanswered()`; anything else, such as a helper, is removed, and
/// what uses it is complained about next. Lines keep their numbers.
struct Salvage {
  /// Something that was taken out.
  struct Removal: Equatable {
    /// The method of the sheet, with its labels; nil for something else of the student's.
    let method: String?
    /// The exercise that the method answers.
    let exercise: String?
    /// What it is, for the student, as in "`attention`" or "the import of Numerics".
    let what: String
    /// Why, in the compiler's words and the student's lines.
    let reason: String
  }

  private(set) var text: String
  private(set) var removals: [Removal] = []
  private let template: AnswersTemplate
  private var bytes: [UInt8] { didSet { text = String(decoding: bytes, as: UTF8.self) } }
  private var mayBeBroken = true

  /// The text, or nil when it holds no answers and so nothing that could remain.
  init?(_ text: String, template: AnswersTemplate) {
    guard text.contains("Answers") else { return nil }
    self.text = text
    self.template = template
    bytes = Array(text.utf8)
  }

  /// Takes out what a compilation complained about.
  ///
  /// - Returns: whether anything was, so that it is worth compiling again.
  mutating func takeOut(_ errors: [Diagnostics.Fault]) -> Bool {
    let before = bytes
    if mayBeBroken {
      mayBeBroken = false
      repairStructure()
      // Lines of errors in a text without structure point anywhere.
      if bytes != before {
        addImports()
        return true
      }
    }
    takeOutDeclarations(errors)
    guard bytes != before else { return false }
    addImports()
    return true
  }

  // MARK: Declarations

  /// A part of the text and what stands there instead.
  private struct Edit {
    let range: Range<Int>
    let text: String
  }

  private mutating func takeOutDeclarations(_ errors: [Diagnostics.Fault]) {
    let outline = SourceOutline(MaskedSource(bytes))
    let starts = lineStarts()
    var edits: [Edit] = []
    var done: Set<Int> = []
    // More are met again by the next compilation.
    for error in errors.prefix(200) {
      guard let line = error.line, starts.indices.contains(line - 1) else { continue }
      let end = line < starts.count ? starts[line] : bytes.count
      let place = min(starts[line - 1] + max((error.column ?? 1) - 1, 0), max(end - 1, 0))
      let reason = "line \(line): \(error.text)"
      let missing = template.methods.filter { error.missingMethods.contains($0.name) }
      if !missing.isEmpty {
        edits += stubs(for: missing, in: outline, &done)
      } else if let edit = edit(at: place, in: outline, reason, &done) {
        edits.append(edit)
      }
    }
    apply(edits)
  }

  /// What is to be done about an error at a place.
  private mutating func edit(
    at place: Int, in outline: SourceOutline, _ reason: String, _ done: inout Set<Int>
  ) -> Edit? {
    let path = outline.path(to: place)
    guard let last = path.last else {
      return stray(at: place, among: outline.declarations, in: 0..<bytes.count, reason, &done)
    }
    if last.kind == .type, let body = last.body, body.contains(place) {
      return stray(at: place, among: last.members, in: body, reason, &done)
    }
    // The head of the answers themselves can only be put right.
    if last.kind == .type, last.name == "Answers" { return nil }
    guard done.insert(last.range.lowerBound).inserted else { return nil }
    let isAnswer = path.count > 1 && path[path.count - 2].name == "Answers"
    if isAnswer, let method = template.methods.first(where: { $0.name == last.name }) {
      let twins = path[path.count - 2].members.filter { $0.name == last.name }
      note(method, reason)
      return twins.count > 1 && twins[0].range != last.range
        ? Edit(range: last.range, text: "") : Edit(range: last.range, text: method.stub)
    }
    let what =
      last.keyword == "import" ? "the import of \(last.name)" : "`\(printable(last.baseName))`"
    removals.append(Removal(method: nil, exercise: nil, what: what, reason: reason))
    return Edit(range: last.range, text: "")
  }

  /// Removes what lies between declarations and is none.
  private mutating func stray(
    at place: Int, among declarations: [SourceOutline.Declaration], in range: Range<Int>,
    _ reason: String, _ done: inout Set<Int>
  ) -> Edit? {
    let begin =
      declarations.last { $0.range.upperBound <= place }?.range.upperBound ?? range.lowerBound
    let end = declarations.first { $0.range.lowerBound > place }?.range.lowerBound
    guard done.insert(begin).inserted else { return nil }
    let gap = begin..<max(begin, end ?? range.upperBound)
    removals.append(
      Removal(method: nil, exercise: nil, what: "what stands between methods", reason: reason))
    return Edit(range: gap, text: "")
  }

  /// Stubs of methods that the protocol asks for and the text does not have, or not like that.
  private mutating func stubs(
    for methods: [AnswersTemplate.Method], in outline: SourceOutline, _ done: inout Set<Int>
  ) -> [Edit] {
    guard
      let answers = outline.declarations.first(where: { $0.name == "Answers" && $0.body != nil })
    else { return [] }
    var edits: [Edit] = []
    var missing = ""
    for method in methods {
      if let own = answers.members.first(where: { $0.name == method.name }) {
        guard done.insert(own.range.lowerBound).inserted else { continue }
        note(method, "it is not declared as the sheet declares it: \(method.signature)")
        edits.append(Edit(range: own.range, text: method.stub))
      } else {
        note(method, "it is missing: \(method.signature)")
        missing += " \(method.stub);"
      }
    }
    let begin = answers.body!.lowerBound
    return edits + [Edit(range: begin..<begin, text: missing)]
  }

  private mutating func note(_ method: AnswersTemplate.Method, _ reason: String) {
    removals.append(
      Removal(
        method: method.name, exercise: method.exercise, what: "`\(method.baseName)`",
        reason: reason))
  }

  private mutating func apply(_ edits: [Edit]) {
    // From the end, so that places before stay what they are.
    var end = bytes.count + 1
    for edit in edits.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
      guard edit.range.upperBound <= end else { continue }
      end = edit.range.lowerBound
      let lines = bytes[edit.range].filter { $0 == UInt8(ascii: "\n") }
      bytes.replaceSubrange(edit.range, with: Array(edit.text.utf8) + lines)
    }
  }

  private func lineStarts() -> [Int] {
    [0] + bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
  }

  /// What stubs are made of has to be known.
  private mutating func addImports() {
    let outline = SourceOutline(MaskedSource(bytes))
    let known = Set(outline.declarations.filter { $0.keyword == "import" }.map(\.name))
    let missing = template.imports.filter { !known.contains($0) }
    guard !missing.isEmpty else { return }
    bytes.insert(contentsOf: missing.map { "import \($0); " }.joined().utf8, at: 0)
  }

  // MARK: Structure

  /// Takes out every answer whose own braces, quotation marks or comments are not closed, which
  /// would else take the rest of the file with it.
  ///
  /// The text is cut into pieces where a line begins a function or a type that stands where the
  /// sheet's methods and types stand; each piece is looked at by itself.
  private mutating func repairStructure() {
    // No person's file is longer.
    guard lineStarts().count < 20_000 else { return }
    let masked = MaskedSource(bytes)
    let outline = SourceOutline(masked)
    let members = outline.declarations.filter { $0.name == "Answers" }.flatMap(\.members)
    let pieces = SourcePieces(
      bytes, lines: masked.isTerminated ? masked.bytes : bytes, template: template)
    let areFound = Set(pieces.methods).isSubset(of: members.map(\.baseName))
    guard !outline.isBalanced || !areFound, pieces.all.count < 1_000 else { return }
    var edits: [Edit] = []
    for piece in pieces.all {
      guard let fault = piece.fault else { continue }
      let line = 1 + bytes[..<piece.range.lowerBound].count { $0 == UInt8(ascii: "\n") }
      let braces = String(repeating: "}", count: max(0, -piece.net))
      let method = piece.method.flatMap { name in
        template.methods.first { $0.baseName == name }
      }
      if let method {
        note(method, "line \(line): \(fault)")
        edits.append(Edit(range: piece.range, text: method.stub + braces))
      } else {
        // The beginning of a type cannot be guessed.
        guard piece.net <= 0 else { continue }
        removals.append(
          Removal(
            method: nil, exercise: nil, what: "what begins in line \(line)", reason: fault))
        edits.append(Edit(range: piece.range, text: braces))
      }
    }
    apply(edits)
  }
}

/// A text cut where its functions and types begin, by the beginnings of lines alone.
private struct SourcePieces {
  struct Piece {
    var range: Range<Int>
    /// The sheet's method that begins here, without labels.
    let method: String?
    /// How many braces enclose the beginning, as far as its indentation tells.
    let depth: Int
    /// By how many braces the next piece lies deeper.
    var net = 0
    /// What is wrong with the piece by itself, or nil.
    var fault: String?
  }

  private(set) var all: [Piece] = []
  var methods: [String] { all.compactMap(\.method) }

  /// - Parameter lines: the bytes in which beginnings are looked for.
  init(_ bytes: [UInt8], lines: [UInt8], template: AnswersTemplate) {
    let names = Set(template.methods.map(\.baseName))
    var heads: [(place: Int, indent: Int, word: String, method: String?)] = []
    let beginning = Self.beginning
    var start = 0
    for line in lines.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let text = String(decoding: line, as: UTF8.self)
      if line.count < 1_000, let match = text.prefixMatch(of: beginning) {
        let indent = match.1.count
        let name = String(match.3)
        let method = match.2 == "func" && names.contains(name) ? name : nil
        heads.append((start + indent, indent, String(match.2), method))
      }
      start += line.count + 1
    }
    let indents = heads.filter { $0.method != nil }.map(\.indent)
    let counts = Dictionary(indents.map { ($0, 1) }, uniquingKeysWith: +)
    let member = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 2
    for head in heads {
      let isOutermost =
        head.indent == 0 && head.method == nil && (member > 0 || head.word != "func")
      guard head.method != nil || isOutermost || head.indent == member && head.word == "func" else {
        continue
      }
      all.append(
        Piece(
          range: head.place..<bytes.count, method: head.method, depth: isOutermost ? 0 : 1))
    }
    for index in all.indices {
      let next = index + 1 < all.count ? all[index + 1] : nil
      all[index].range = all[index].range.lowerBound..<(next?.range.lowerBound ?? bytes.count)
      all[index].net = (next?.depth ?? 0) - all[index].depth
      all[index].fault = Self.fault(of: bytes[all[index].range], net: all[index].net)
    }
  }

  private static var beginning: Regex<(Substring, Substring, Substring, Substring)> {
    #/
    ([\x20\t]*)
    (?: @\w+ (?: \([^)]*\) )? \s+
      | (?: public | private | fileprivate | internal | package | static | final | mutating
          | nonisolated | indirect ) \s+ )*
    ( func | struct | class | enum | extension | actor | protocol | import | let | var | typealias )
    \s+ `? ([A-Za-z0-9_.]+)
    /#
  }

  private static func fault(of bytes: ArraySlice<UInt8>, net: Int) -> String? {
    let masked = MaskedSource(bytes)
    let balance = SourceOutline.balance(masked.bytes)
    if !masked.isTerminated { return "a comment or a text is begun and never ended" }
    if balance.net > net { return "a brace is opened and not closed" }
    if balance.net < net || balance.least < min(net, 0) {
      return "a brace is closed that was not opened"
    }
    return nil
  }
}
