import Checkpoints
import Foundation
import Laboratory
import Models
import Tensors
import Transformers
import XCTest

@testable import headlight

/// What the commands that change a run refuse, and how they say so.
final class InterventionRefusalTests: XCTestCase {
  private static let gpt2 = fixture("gpt2-tiny").path
  private static let llama = fixture("families/llama").path
  private static let t5 = fixture("families/t5").path
  private let pair = ["--clean-ids", "1,2,3", "--corrupted-ids", "1,2,4"]
  private let tokens = ["--answer", "#5", "--foil", "#6"]

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
    let folder = try modelWithoutNumbers("transformer.ln_f.weight")
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
}
