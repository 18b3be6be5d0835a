import ArgumentParser
import Figures
import Transformers

struct HeadViewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "head-view",
    abstract: "Draw one layer's attention as lines between tokens, a colour for each head.")

  @OptionGroup var options: FigureOptions
  @OptionGroup var place: LayerOptions
  @OptionGroup var pattern: PatternOptions
  @Option(
    help: ArgumentHelp("Which heads, as in 0,1; all when left out.", valueName: "list"),
    transform: headlight.heads)
  var heads: [Int]?

  func run() throws {
    try options.draw(page: { run in
      try run.page(
        .lines, stack: place.stack, layer: place.layer, heads: heads,
        leavesFirstOut: pattern.withoutFirst, title: options.picture.title)
    }) { run in
      let subject = try run.subject(place.stack)
      let layer = try subject.layer(place.layer)
      var view = HeadView(
        try subject.pattern(layer: layer, leavesFirstOut: pattern.withoutFirst),
        queries: subject.queries,
        keys: subject.keys,
        title: options.picture.title
          ?? "\(subject.title), layer \(layer)\(pattern.mark)",
        heads: try subject.heads(heads))
      view.queryTitle = subject.queryTitle
      return view
    }
  }
}
