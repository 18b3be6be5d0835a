import ArgumentParser
import Checkpoints
import Foundation
import Interventions
import Laboratory
import Models
import Tensors
import Transformers
import XCTest

@testable import headlight

/// The commands that change a run, against PyTorch: `Tests/Fixtures/commands.py` runs the same with
/// hooks on GPT-2, a Llama whose heads share keys, and T5.
final class InterventionCommandTests: XCTestCase {
  private static let gpt2 = fixture("gpt2-tiny").path
  private static let llama = fixture("families/llama").path
  private static let t5 = fixture("families/t5").path
  private let pair = ["--clean-ids", "1,2,3", "--corrupted-ids", "1,2,4"]
  private let tokens = ["--answer", "#5", "--foil", "#6"]

  private struct Case: Decodable {
    let arguments: [String]
    let files: [String: String]
    let expected: JSONValue
  }

  /// Runs all cases of some commands.
  private func replay(_ commands: Set<String>) throws {
    let cases = try JSONDecoder().decode(
      [Case].self, from: Data(contentsOf: fixture("commands.json"))
    ).filter { commands.contains($0.arguments[0]) }
    XCTAssertGreaterThan(cases.count, 5)
    for item in cases {
      let folder = try temporaryFolder()
      for (name, text) in item.files {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
      }
      let arguments = item.arguments.map {
        $0.first == "@" ? fixture(String($0.dropFirst())).path : $0
      }
      let call = try Call(arguments + ["--json"], in: folder)
      XCTAssertEqual(call.errors, "")
      let found = try JSONDecoder().decode(JSONValue.self, from: Data(call.output.utf8))
      if let difference = found.difference(from: item.expected) {
        XCTFail("\(item.arguments.joined(separator: " ")): \(difference)")
      }
    }
  }

  func testPatchingEqualsHooks() throws { try replay(["patch"]) }

  func testPathPatchingEqualsHooks() throws { try replay(["path-patch"]) }

  func testContributionsEqualDotProducts() throws { try replay(["attribute-logit"]) }

  func testKnockoutEqualsHooks() throws { try replay(["knockout"]) }

  func testPatchscopesAndRelationsEqualHooksAndAutograd() throws {
    try replay(["patchscope", "relation"])
  }

  func testPartsAddUpToTheLogit() throws {
    for (model, texts) in [
      (Self.gpt2, ["--text-ids", "1,2,3,4"]), (Self.llama, ["--text-ids", "1,2,3,4"]),
      (Self.t5, ["--source-ids", "1,2,3,4", "--target-ids", "0,5"]),
      (fixture("families/bart").path, ["--text-ids", "1,2,3,4", "--target-ids", "2,5"]),
      ("reader", ["--text", "The capital of France is"]),
    ] {
      let call = try Call(
        ["attribute-logit", "--model", model] + texts + tokens + ["--json"],
        in: try temporaryFolder())
      let report = try JSONDecoder().decode(LogitReport.self, from: Data(call.output.utf8))
      let heads = (report.heads ?? []) + (report.crossHeads ?? [])
      let sum = heads.joined().reduce(report.embedding + report.bias, +)
      XCTAssertEqual(
        sum + (report.mlps ?? []).reduce(0, +), report.logit,
        accuracy: 1e-4 * max(1, abs(report.logit)), model)
    }
  }

  func testATraceIsWhatItsDrawsMake() throws {
    let call = try Call(
      [
        "causal-trace", "--model", Self.llama, "--text-ids", "7,8,9,10", "--subject-ids", "8,9",
        "--answer", "#5", "--samples", "2", "--seed", "3", "--json",
      ], in: try temporaryFolder())
    let report = try JSONDecoder().decode(CausalTraceReport.self, from: Data(call.output.utf8))
    let model = try LoadedModel(Self.llama).model
    let ids = [7, 8, 9, 10]
    func probability(_ run: Transformer.Run) -> Float { run.logits.softmax()[0, 3, 5] }
    let draws = CausalTracing(
      model, ModelInput(ids), subject: [1, 2], answer: 5, samples: 2, seed: 3
    ).draws
    let clean = try model.run(ModelInput(ids), capturing: .matching("*hook_resid_pre"))
    XCTAssertEqual(report.clean, probability(clean), accuracy: 1e-6)
    var (spoilt, restored): (Float, Float) = (0, 0)
    for sample in 0..<2 {
      let noise = Intervention(at: .embedding) { embedding in
        var embedding = embedding
        for token in 0..<2 {
          for unit in 0..<24 { embedding[0, token + 1, unit] += draws[sample, token, unit] }
        }
        return embedding
      }
      let point = HookPoint.residualPre(.blocks, 1)
      let state = try clean.trace[point]
      let restoring = Intervention(at: point) { residual in
        var residual = residual
        for unit in 0..<24 { residual[0, 2, unit] = state[0, 2, unit] }
        return residual
      }
      spoilt += try probability(model.run(ModelInput(ids), intervening: [noise])) / 2
      restored += try probability(model.run(ModelInput(ids), intervening: [noise, restoring])) / 2
    }
    XCTAssertEqual(report.corrupted, spoilt, accuracy: 1e-6)
    XCTAssertEqual(try XCTUnwrap(report.probability[1][2]), restored, accuracy: 1e-6)
    XCTAssertEqual(report.tokens, ["#7", "#8", "#9", "#10"])
    // What stands before the subject is clean as it is.
    XCTAssertEqual(try XCTUnwrap(report.probability[0][0]), spoilt, accuracy: 1e-6)
  }

  func testWordsAndIdsSayTheSame() throws {
    let reader = try LoadedModel("reader")
    func ids(_ text: String) throws -> String { try reader.encode(text).idText }
    let (clean, corrupted) = ("The capital of France is", "The capital of Italy is")
    let folder = try temporaryFolder()
    let ends = ["--answer", "Paris", "--foil", "Rome", "--json", "--model", "reader"]
    let words = try Call(
      ["patch", "--clean", clean, "--corrupted", corrupted, "--position", "is"] + ends, in: folder)
    let numbers = try Call(
      ["patch", "--clean-ids", ids(clean), "--corrupted-ids", ids(corrupted), "--position", "-1"]
        + ends, in: folder)
    XCTAssertEqual(words.errors, "")
    XCTAssertEqual(words.output, numbers.output)
    let report = try JSONDecoder().decode(PatchReport.self, from: Data(words.output.utf8))
    XCTAssertEqual(report.tokens, ["<s>", "The", "capital", "of", "France", "is"])
    // The only token that differs carries all of the difference into the first block.
    XCTAssertEqual(try XCTUnwrap(report.effect[0][4]), 1, accuracy: 1e-5)
  }

  func testASubjectOfSeveralTokensIsSpoiltWhole() throws {
    let reader = try LoadedModel("reader")
    let text = TextChoice(
      option: "--text", name: "the text", text: "The capital of Saudi Arabia is", ids: nil)
    let tokens = try text.tokens(for: reader)
    func span(_ words: String) throws -> Range<Int> {
      try tokens.span(of: .init(option: "--subject", name: "the subject", text: words, ids: nil))
    }
    XCTAssertEqual(try span("Saudi Arabia"), 4..<6)
    XCTAssertEqual(try span(" Saudi Arabia"), 4..<6)
    XCTAssertEqual(try span("capital"), 2..<3)
    XCTAssertThrowsError(try span("Norway")) {
      XCTAssertTrue("\($0)".hasPrefix("the subject, “Norway”, does not stand in the text"))
    }
  }

  func testWhatCannotBeDoneIsRefusedInASentence() throws {
    let model = ["--model", Self.gpt2]
    for (arguments, sentence) in [
      (
        ["patch"] + model + ["--clean-ids", "1,2", "--corrupted-ids", "1,2"] + tokens,
        "the logit-difference of the clean and the corrupted run is the same, "
      ),
      (
        ["patch"] + model + ["--clean-ids", "1,2,3", "--corrupted-ids", "1,2"] + tokens,
        "the clean text has 3 tokens and the corrupted text has 2: patching puts an activation in the "
          + "place of the one at the same position, so make them alike in length; they part at "
          + "position 2:"
      ),
      (
        ["patch"] + model + pair + ["--answer", "#5", "--foil", "#99"],
        "--foil is #99, and the ids of gpt2-tiny go from 0 to 50"
      ),
      (
        ["patch"] + model + pair + ["--answer", "#5", "--foil", "#5"],
        "an answer and its foil are the same token: a difference needs two; choose another foil"
      ),
      (
        ["patch"] + model + pair + tokens + ["--at", "cross.head"],
        "--at cross.head is of an encoder–decoder, and gpt2-tiny has a single stack: leave “cross” out"
      ),
      (
        ["patch", "--model", Self.t5] + pair + tokens + ["--at", "cross.residual"],
        "--at is cross.residual, and cross-attention has no residual stream of its own: take "
          + "decoder.residual, or a part of cross-attention, such as cross.attention or cross.head"
      ),
      (
        ["patch"] + model + pair + tokens + ["--position", "-4"],
        "--position: there is no position -4; the positions are: 0 #1, 1 #2, 2 #3"
      ),
      (
        ["patch"] + model + ["--clean", "a", "--corrupted", "b"] + tokens,
        "gpt2-tiny has no tokenizer, so it takes token ids and no text; give --clean-ids, as in 5,6,7"
      ),
      (
        [
          "patch", "--model", "reader", "--clean", "The capital of France is", "--corrupted",
          "The capital of Italy is", "--answer", "in Paris", "--foil", "Rome",
        ],
        "--answer is “in Paris”, which is 2 tokens of reader, “in”, “Paris”; give one token, with the "
          + "space before it if it has one, or an id as in #12"
      ),
      (
        ["path-patch", "--model", Self.llama] + pair + tokens + ["--receivers", "1.3.k"],
        "--receivers: there is no key head 1.3: a layer of llama has 2 key heads, 0 to 1"
      ),
      (
        ["path-patch"] + model + pair + tokens + ["--receivers", "1.0.q,head"],
        "“head” is no receiver; write them as in logits or 10.7.q,10.7.k,mlp.9"
      ),
      (
        ["knockout"] + model + [
          "--text-ids", "1,2,3", "--answer", "#5", "--from", "0", "--to", "0",
        ],
        "position 0 would have nothing left to attend to: it reads position 0 alone, and --to forbids "
          + "all of that; leave it a key"
      ),
      (
        ["causal-trace"] + model
          + ["--text-ids", "1,2,2", "--answer", "#5", "--subject-ids", "2"],
        "the subject, “2”, stands 2 times in the text, at 1 and 2; give more of what surrounds it, or "
          + "a text in which it stands once"
      ),
      (
        ["patchscope"] + model + [
          "--source-ids", "1", "--prompt-ids", "2", "--target-model", Self.t5,
        ],
        "t5 has an encoder and a decoder, and a Patchscope needs one stack; take a decoder alone"
      ),
      (
        ["relation"] + model + ["--prompts", "none.jsonl", "--subject-ids", "2"],
        "none.jsonl does not exist; name a file of JSON lines"
      ),
    ] {
      let folder = try temporaryFolder()
      let call = try Call(arguments + ["--json"], in: folder)
      XCTAssertTrue(call.sentence.hasPrefix("Error: " + sentence), call.sentence)
      XCTAssertEqual(call.output, "")
      XCTAssertEqual(call.code, 1)
    }
    try assertFails(
      [
        "causal-trace", "--text-ids", "1,2", "--answer", "#5", "--subject-ids", "2", "--samples",
        "0", "--json",
      ], code: 64, "--samples is 0, and a mean needs at least one")
    try assertFails(
      ["patch"] + pair + ["--answer", "#5", "--json"], code: 64,
      "a logit difference is of two tokens: give --foil, or another --metric, such as "
        + "log-probability")
  }

  func testTextsThatPartAreShownTokenByToken() throws {
    let call = try Call(
      [
        "patch", "--model", "reader", "--clean", "The capital of France is", "--corrupted",
        "The capital of the Italy is", "--answer", "Paris", "--foil", "Rome", "--json",
      ], in: try temporaryFolder())
    XCTAssertEqual(
      call.errors.split(separator: "\n").dropFirst().joined(separator: "\n"),
      """
            the clean text    the corrupted text
        3   of                of
        4   France          ≠ the
        5   is              ≠ Italy
        6   –               ≠ is
      """)
  }

  func testLogitsThatAreNoNumbersAreAnError() throws {
    let folder = try temporaryFolder()
    let file = try SafetensorsFile(contentsOf: fixture("gpt2-tiny/model.safetensors"))
    var writer = SafetensorsWriter(metadata: ["format": "pt"])
    for name in file.names {
      let tensor = try file.tensor(name)
      writer.add(name, name == "transformer.ln_f.weight" ? tensor * .nan : tensor)
    }
    try writer.write(to: folder.appendingPathComponent("model.safetensors"))
    try FileManager.default.copyItem(
      at: fixture("gpt2-tiny/config.json"), to: folder.appendingPathComponent("config.json"))
    let one = ["--text-ids", "1,2,3", "--answer", "#5"]
    for (arguments, name) in [
      (["patch"] + pair + tokens, "the logit difference of the clean run"),
      (["path-patch"] + pair + tokens, "the logit difference of the clean run"),
      (["attribute-logit"] + one, "the logit"),
      (["knockout"] + one + ["--from", "2", "--to", "1"], "the answer's probability"),
      (["causal-trace"] + one + ["--subject-ids", "2"], "the answer's probability"),
      (["patchscope", "--source-ids", "1,2", "--prompt-ids", "3"], "a token's probability"),
    ] {
      for output in [["--json"], ["--output", "figure.png"]] {
        let call = try Call(arguments + ["--model", "."] + output, in: folder)
        XCTAssertEqual(
          call.sentence,
          "Error: \(name) is nan: the model's logits are not finite; look at its weights, or choose "
            + "another metric or answer")
        XCTAssertEqual(call.output, "")
        XCTAssertEqual(call.code, 1)
      }
    }
  }

  func testAFileOfTextsSaysWhichLineIsWrong() throws {
    let path = try temporaryFolder().appendingPathComponent("texts.jsonl").path
    let reader = try LoadedModel("reader")
    func texts(_ lines: String) throws -> [[Int]] {
      try Data(lines.utf8).write(to: URL(fileURLWithPath: path))
      return try TextsFile(path).texts(for: reader).map(\.tokens.ids)
    }
    let ids = try reader.encode("The capital of France is")
    XCTAssertEqual(
      try texts(
        "\"The capital of France is\"\n\n{\"text\": \"The capital of France is\"}\r\n"
          + "{\"text-ids\": [\(ids.idText)]}"), [ids, ids, ids])
    for (lines, sentence) in [
      ("", "\(path) is empty; write a JSON line a text"),
      (
        "\"a\"\nb",
        "line 2 of \(path) is not a text: a string, {\"text\": …} or {\"text-ids\": […]}"
      ),
      ("\"a\"\n\n{}", "line 3 of \(path) holds no text: give \"text\" or \"text-ids\""),
      (
        "{\"text\": \"a\", \"text-ids\": [1]}",
        "line 1 of \(path) holds both \"text\" and \"text-ids\"; give one of them"
      ),
      (
        "{\"text-ids\": [1, 5000]}",
        "line 1 of \(path) cannot be read: the text holds the id 5000, and the ids of reader go from "
          + "0 to \(reader.model.configuration.vocabularySize - 1)"
      ),
      ("\" \"", "line 1 of \(path) cannot be read: the text is empty; give at least one word"),
    ] {
      XCTAssertThrowsError(try texts(lines)) { XCTAssertEqual("\($0)", sentence) }
    }
  }

  func testTargetsStandBehindTheStartToken() throws {
    let translator = try LoadedModel("translator")
    let start = translator.model.configuration.startToken
    func ids(_ arguments: [String]) throws -> [Int] {
      try XCTUnwrap(TargetOptions.parse(arguments).tokens(for: translator)).ids
    }
    let words = try translator.encode("Le chien")
    // The end token, which nothing follows, is not read.
    XCTAssertEqual(try ids(["--target", "Le chien"]), [start] + words.dropLast())
    XCTAssertEqual(try ids([]), [start])
    XCTAssertEqual(try ids(["--target-ids", "\(start),5,6"]), [start, 5, 6])
    XCTAssertEqual(try ids(["--target-ids", "5,6"]), [start, 5])
  }

  func testWhatIsStoppedIsAPartAndSaysSo() throws {
    let loaded = try LoadedModel(Self.gpt2)
    let work = Work("Patching")
    defer { signal(SIGINT, SIG_DFL) }
    var options = SweepOptions(threads: 1)
    options.keepsPartial = true
    // A few positions at a time, so that there is something left to stop.
    options.memory = 1
    let reading = TextChoice(option: "--clean", name: "", text: nil, ids: [1, 2, 3])
    let other = TextChoice(option: "--corrupted", name: "", text: nil, ids: [4, 5, 6])
    let pair = TextPair(
      clean: try Reading(source: reading, target: nil, for: loaded),
      corrupted: try Reading(source: other, target: nil, for: loaded))
    let metric = Metric.logitDifference([5], against: [6])
    let effects = try ActivationPatching(
      loaded.model, clean: pair.clean.input, corrupted: pair.corrupted.input, metric: metric
    ).effects(of: .residual, options: options) { progress in
      // What comes before is not listened for.
      XCTAssertTrue(work.goesOn(finished: 0, of: progress.total))
      raise(SIGINT)
      return work.goesOn(progress)
    }
    let partial = try XCTUnwrap(work.partial)
    XCTAssertEqual(partial.total, 6)
    let report = try PatchResult(
      loaded: loaded, pair: pair,
      measure: Measure(metric: metric, position: 2, caption: "logit difference"),
      metric: .logitDifference, at: SiteName(argument: "residual")!, stack: .blocks,
      effects: effects, partial: partial
    ).report
    XCTAssertEqual(report.effect.joined().count { $0 != nil }, partial.finished)
    XCTAssertTrue(try jsonText(report).contains("null"))
    XCTAssertThrowsError(try work.end()) { XCTAssertEqual(($0 as? ExitCode)?.rawValue, 130) }
  }

  func testFiguresAreDrawnAndPagesHoldTheNumbers() throws {
    let folder = try temporaryFolder()
    let words = ["--text", "The capital of France is", "--answer", "Paris"]
    let pair = [
      "--clean", "The capital of France is", "--corrupted", "The capital of Italy is", "--answer",
      "Paris", "--foil", "Rome",
    ]
    try Data("{\"text\": \"The capital of Italy is\", \"subject\": \"Italy\"}\n".utf8)
      .write(to: folder.appendingPathComponent("prompts.jsonl"))
    for (index, arguments) in [
      ["patch"] + pair, ["patch", "--at", "head"] + pair, ["path-patch"] + pair,
      ["attribute-logit"] + words, ["attribute-logit", "--components", "layers"] + words,
      ["attribute-logit", "--components", "neurons"] + words,
      ["knockout", "--from", "-1", "--to", "France"] + words,
      ["causal-trace", "--subject", "France", "--samples", "2"] + words,
      ["patchscope", "--source", "France", "--prompt", "Italy is"],
      ["patchscope", "--source", "France", "--prompt", "Italy is", "--generate", "3"],
      ["relation", "--prompts", "prompts.jsonl", "--subject", "France"],
    ].enumerated() {
      let kind = ["png", "svg", "pdf", "html"][index % 4]
      let call = try Call(
        arguments + ["--model", "reader", "--output", "figure.\(kind)"], in: folder)
      XCTAssertEqual(call.errors, "", "\(arguments)")
      XCTAssertEqual(call.output, "Wrote figure.\(kind).\n")
      let data = try Data(contentsOf: folder.appendingPathComponent("figure.\(kind)"))
      if kind == "html" {
        let page = String(decoding: data, as: UTF8.self)
        XCTAssertTrue(page.hasPrefix("<!DOCTYPE html>"))
        XCTAssertTrue(page.contains("<svg"))
        XCTAssertFalse(page.contains("<?xml"))
        XCTAssertTrue(page.contains("<summary>Numbers</summary>"))
      } else {
        let marks = ["png": "\u{89}PNG", "svg": "<?xml", "pdf": "%PDF"]
        XCTAssertEqual(
          String(decoding: data.prefix(4), as: Unicode.ASCII.self).suffix(3),
          marks[kind]!.prefix(4).suffix(3))
      }
    }
  }
}

/// Any JSON, to compare two of them.
enum JSONValue: Decodable {
  case number(Double)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])
  case other

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let list = try? value.decode([JSONValue].self) {
      self = .list(list)
    } else if let object = try? value.decode([String: JSONValue].self) {
      self = .object(object)
    } else {
      self = .other
    }
  }

  /// Where this differs from what is expected, or nil; it may hold keys that nothing is said of.
  ///
  /// Numbers may differ by 2e-4 of themselves, or of 1: effects are divided by small differences.
  func difference(from expected: JSONValue) -> String? {
    switch (self, expected) {
    case (.number(let own), .number(let other)):
      return abs(own - other) <= 2e-4 * max(1, abs(other)) ? nil : "\(own) and not \(other)"
    case (.text(let own), .text(let other)): return own == other ? nil : "\(own) and not \(other)"
    case (.list(let own), .list(let other)):
      guard own.count == other.count else { return "\(own.count) values and not \(other.count)" }
      return zip(own, other).enumerated().lazy.compactMap { place, pair in
        pair.0.difference(from: pair.1).map { "\(place): \($0)" }
      }.first
    case (.object(let own), .object(let other)):
      return other.sorted { $0.key < $1.key }.lazy.compactMap { key, value in
        guard let found = own[key] else { return "\(key) is missing" }
        return found.difference(from: value).map { "\(key): \($0)" }
      }.first
    default: return "another kind of value"
    }
  }
}
