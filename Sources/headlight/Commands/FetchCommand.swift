import Answering
import ArgumentParser
import Checkpoints
import Coursework
import Foundation
import Hub
import Synchronization

struct FetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Download a model from the Hugging Face hub.",
    discussion: """
      Downloads configuration, tokenizer and safetensors into the cache that other tools share; \
      --model OWNER/NAME then finds the model, and so does Python. What is there already is not \
      downloaded again, and a download that broke off goes on where it ended. Sizes and hashes are \
      checked.

      HF_HOME or HF_HUB_CACHE names the cache, HF_ENDPOINT another hub, and HF_TOKEN holds your \
      token, for models that are gated or private.

      Example:
        headlight fetch google/flan-t5-small
        headlight generate --model google/flan-t5-small \\
          --text "Translate English to German: The dog ran."
      """)

  @Argument(help: ArgumentHelp("The model's name on the hub.", valueName: "owner/name"))
  var name: String
  @Option(help: "A branch, a tag or a commit. (default: main)")
  var revision: String?

  /// What an interrupted command's exit code is, by the signal.
  private static let interrupted: Int32 = 128

  func run() throws {
    let name = try hubName()
    let cache = HubCache()
    let view = FetchView(terminal: .standardError)
    StopSignals.watch()
    let fetch = Fetch(
      name, from: try Endpoint(), into: cache, isStopped: { StopSignals.signal != nil },
      report: view.show)
    let summary: Fetch.Summary
    do throws(HubError) {
      summary = try fetch.run()
    } catch {
      view.clear()
      guard error.isStop else { throw error }
      Terminal.standardError.print(
        "Stopped; what has come is kept, and the same command goes on from there.")
      throw ExitCode(Self.interrupted + (StopSignals.signal ?? SIGINT))
    }
    view.finish()
    print(FetchView.text(of: summary, name))
  }

  private func hubName() throws -> HubName {
    guard let revision else { return try HubName(name) }
    guard !name.contains("@") else {
      throw ValidationError("the revision is named twice; give it after @ or with --revision")
    }
    return try HubName(repository: name, revision: revision)
  }
}

/// A download as it is seen in the terminal.
final class FetchView: Sendable {
  private let terminal: Terminal
  private let state = Mutex<(bar: ProgressBar, unit: Int, total: Int)?>(nil)

  init(terminal: Terminal) { self.terminal = terminal }

  func show(_ event: Fetch.Event) {
    switch event {
    case .waits(let file):
      clear()
      terminal.print("Another process is downloading \(printable(file)); waiting for it.")
    case .progress(let done, let total, let file):
      state.withLock { state in
        // An index comes alone, before the sizes of its shards are known.
        if state?.total != total {
          state?.bar.clear()
          state = Self.bar(total: total, done: done, terminal: terminal)
        }
        guard let (bar, unit, _) = state else { return }
        bar.update(to: done / unit, note: file)
      }
    }
  }

  private static func bar(
    total: Int, done: Int, terminal: Terminal
  ) -> (bar: ProgressBar, unit: Int, total: Int) {
    let (unit, name) = total < 10_000_000 ? (1_000, "kB") : (1_000_000, "MB")
    let bar = ProgressBar(
      "Fetching", total: total / unit, startingAt: done / unit, unit: name, terminal: terminal)
    return (bar, unit, total)
  }

  func clear() { state.withLock { $0?.bar.clear() } }
  func finish() { state.withLock { $0?.bar.finish() } }

  /// What was downloaded, in two lines.
  static func text(of summary: Fetch.Summary, _ name: HubName) -> String {
    let kept =
      switch summary.filesKept {
      case 0: ""
      case summary.files: ", all of them there already"
      default: ", \(summary.filesKept) of them there already"
      }
    return """
      \(name) is in \(summary.directory.path): \(counted(summary.files, "file")), \
      \(sizeText(summary.bytes))\(kept).
      Use it as --model \(name)
      """
  }
}
