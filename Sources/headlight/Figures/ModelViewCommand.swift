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
  @OptionGroup var pattern: PatternOptions
  @Option(help: "Which attention of an encoder–decoder; all three when left out.")
  var stack: StackChoice?

  func run() throws {
    try options.draw(page: { run in
      try run.page(
        .grid, stack: stack, leavesFirstOut: pattern.withoutFirst, title: options.picture.title)
    }) { run in
      if stack == nil, run.configuration.isEncoderDecoder {
        let views = try StackChoice.allCases.map { choice in
          let subject = try run.subject(choice)
          return try view(of: subject, title: subject.fullTitle + pattern.mark)
        }
        return FigureRow(views, title: options.picture.title ?? "")
      }
      let subject = try run.subject(stack)
      return try view(of: subject, title: options.picture.title ?? subject.fullTitle + pattern.mark)
    }
  }

  private func view(of subject: AttentionRun.Subject, title: String) throws -> ModelView {
    ModelView(
      try subject.patterns(leavesFirstOut: pattern.withoutFirst), queries: subject.queries,
      keys: subject.keys, title: title)
  }
}
