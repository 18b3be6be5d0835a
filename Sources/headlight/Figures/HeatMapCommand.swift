import ArgumentParser
import Figures
import Tensors
import Transformers

struct HeatMapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "heatmap",
    abstract: "Draw attention as coloured cells: one head large, or several side by side.")

  @OptionGroup var options: FigureOptions
  @OptionGroup var place: LayerOptions
  @OptionGroup var pattern: PatternOptions
  @Option(
    name: [.long, .customLong("head")],
    help: ArgumentHelp("Which heads, as in 0,1; all when left out.", valueName: "list"),
    transform: headlight.heads)
  var heads: [Int]?

  func run() throws {
    try options.draw(page: { run in
      try run.page(
        .cells, stack: place.stack, layer: place.layer, heads: heads,
        leavesFirstOut: pattern.withoutFirst, title: options.picture.title)
    }) { run in
      let subject = try run.subject(place.stack)
      let layer = try subject.layer(place.layer)
      return try figure(
        of: subject,
        pattern: subject.pattern(layer: layer, leavesFirstOut: pattern.withoutFirst), layer: layer,
        heads: subject.heads(heads))
    }
  }

  private func figure(
    of subject: AttentionRun.Subject, pattern values: Tensor, layer: Int, heads: [Int]
  ) -> any Figure {
    let title = "\(subject.title), layer \(layer)\(pattern.mark)"
    if heads.count == 1 {
      var map = HeatMap(
        values[at: heads[0]], rows: subject.queries, columns: subject.keys,
        title: options.picture.title ?? "\(title), head \(heads[0])")
      map.rowTitle = subject.queryTitle
      map.columnTitle = "attends to"
      map.valueTitle = "attention"
      map.range = 0...1
      return map
    }
    let panels = heads.map {
      HeatMapGrid.Panel(
        "head \($0)", values[at: $0], rows: subject.queries, columns: subject.keys)
    }
    var grid = HeatMapGrid(
      panels, columns: min(heads.count, 4), title: options.picture.title ?? title)
    grid.rowTitle = subject.queryTitle
    grid.columnTitle = "attends to"
    grid.valueTitle = "attention"
    grid.range = 0...1
    return grid
  }
}
