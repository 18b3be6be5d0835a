import ArgumentParser

struct FigureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figure",
    abstract: "Draw a model's attention as PNG, SVG or PDF, or as a page to point at.",
    discussion: """
      The same input gives the same bytes every time.

      With --output view.html the figure is a page: point at a token to see its row, choose layers and \
      heads, a threshold, and whether the first token counts. It is one file that needs nothing else, \
      works with a keyboard and a screen reader, and prints as the figure. --stack, --layer and --heads \
      narrow what it holds.

      An encoder–decoder has three kinds of attention, chosen by --stack: the encoder's own, the \
      decoder's own, and cross-attention, in which decoder rows read from the source.

      The decoder reads its target shifted right behind a start token, so each of its rows has two \
      tokens: the one it reads and the one it predicts. --rows says which of them names the row. \
      Reading a translation off cross-attention needs --rows predicts: under “reads”, every row \
      seems to translate the word before.

      Examples:
        headlight figure head-view --source "Translate to French: The dog ran." \\
          --stack cross --layer 1 --rows predicts --output cross.pdf
        headlight figure model-view --model DIR --source "…" --target "…" \\
          --output all.png
        headlight figure model-view --model DIR --source "…" --output all.html
      """,
    subcommands: [
      HeadViewCommand.self, ModelViewCommand.self, NeuronViewCommand.self, HeatMapCommand.self,
    ])
}
