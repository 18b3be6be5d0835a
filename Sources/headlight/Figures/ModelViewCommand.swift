import ArgumentParser
import Figures
import Transformers

struct ModelViewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model-view",
    abstract: "Draw every head of every layer, the size of a stamp.",
    discussion: """
      With --stack, one grid. Without it, an encoder–decoder's encoder, decoder and cross-attention \
      side by side on one page.
      """)

  @OptionGroup var options: FigureOptions
  @Option(help: "Which attention of an encoder–decoder; all three when left out.")
  var stack: StackChoice?

  func run() throws {
    try options.draw { run in
      if stack == nil, run.configuration.isEncoderDecoder {
        return FigureRow(try StackChoice.allCases.map { try view(of: run.subject($0)) })
      }
      return try view(of: run.subject(stack))
    }
  }

  private func view(of subject: AttentionRun.Subject) throws -> ModelView {
    ModelView(
      try subject.patterns(), queries: subject.queries, keys: subject.keys,
      title: options.title ?? subject.fullTitle)
  }
}
