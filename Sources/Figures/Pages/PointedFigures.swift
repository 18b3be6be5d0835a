import Tensors

extension HeatMap: PointedFigure {
  func blocks() throws -> [PageBlock] {
    // What cannot be drawn is not shown either.
    _ = try picture()
    return [
      .table(
        PageTable(
          title: title, rowTitle: rowTitle, columnTitle: columnTitle, valueTitle: valueTitle,
          rows: rowLabels ?? (0..<values.shape[0]).map(String.init),
          columns: columnLabels ?? (0..<values.shape[1]).map(String.init),
          cells: values.cells, scale: ValueScale(scale, range: range, values: values.values)))
    ]
  }
}

extension HeatMapGrid: PointedFigure {
  func blocks() throws -> [PageBlock] {
    _ = try picture()
    let shared = ValueScale(scale, range: range, values: panels.flatMap { $0.values.values })
    return panels.map { panel in
      .table(
        PageTable(
          title: panel.title, rowTitle: rowTitle, columnTitle: columnTitle, valueTitle: valueTitle,
          rows: panel.rowLabels ?? (0..<panel.values.shape[0]).map(String.init),
          columns: panel.columnLabels ?? (0..<panel.values.shape[1]).map(String.init),
          cells: panel.values.cells, scale: shared))
    }
  }
}

extension FigureRow: PointedFigure {
  func blocks() throws -> [PageBlock] { try figures.flatMap(PageBlock.blocks) }
}

extension LensGrid: PointedFigure {
  func blocks() throws -> [PageBlock] {
    _ = try picture()
    let names = layers ?? tokens.indices.map(String.init)
    let cells = tokens.indices.map { layer in
      text.indices.map { position in
        let shared = ties?[layer][position] ?? 1
        return PageTable.Cell(
          text: shared > 1 ? "\(shared) tie" : tokens[layer][position],
          value: Double(probabilities[layer][position]), note: notes?[layer][position] ?? "")
      }
    }
    return [
      .table(
        PageTable(
          title: "", rowTitle: rowTitle,
          columnTitle: columnTitle.isEmpty ? "position" : columnTitle,
          valueTitle: valueTitle, rows: names.reversed(), columns: text, cells: cells.reversed(),
          scale: ValueScale(.sequential, range: 0...1, values: [])))
    ]
  }
}

extension TokenHeatMap: PointedFigure {
  func blocks() throws -> [PageBlock] {
    _ = try picture()
    let scale = ValueScale(scale, range: range, values: lines.flatMap(\.values))
    let lines = lines.enumerated().map { place, line in
      PageWords.Line(
        name: line.name, tokens: line.tokens, values: line.values.map { Double($0) },
        totals: totals.compactMap { total in
          total.values[place].map { (name: total.name, value: $0) }
        })
    }
    return [.words(PageWords(lines: lines, valueTitle: valueTitle, scale: scale))]
  }
}

extension NeuronView: PointedFigure {
  func blocks() throws -> [PageBlock] {
    _ = try picture()
    let dimensions = (0..<query.shape[0]).map(String.init)
    let vectors = ValueScale(.diverging, range: nil, values: query.values + keys.values)
    func table(_ title: String, _ values: Tensor, rows: [String], scale: ValueScale) -> PageBlock {
      .table(
        PageTable(
          title: title, rowTitle: rows.count > 1 ? "key" : "query", columnTitle: "dimension",
          valueTitle: title, rows: rows, columns: dimensions, cells: values.cells, scale: scale))
    }
    let products = products()
    let scores = scores(products)
    let columns =
      ["q · k × scale"] + (bias == nil ? [] : ["+ bias"]) + ["softmax"]
    let numbers = keyTokens.indices.map { key in
      [scores[key]] + (bias.map { [Double($0[key])] } ?? []) + [Double(pattern[key])]
    }
    return [
      table(
        "q", Tensor(query.values, shape: [1, query.shape[0]]), rows: [queryToken], scale: vectors),
      table("k", keys, rows: keyTokens, scale: vectors),
      table(
        "q ⊙ k", products, rows: keyTokens,
        scale: ValueScale(.diverging, range: nil, values: products.values)),
      .table(
        PageTable(
          title: "scores", rowTitle: "key", columnTitle: "", valueTitle: "softmax", rows: keyTokens,
          columns: columns,
          cells: numbers.map { row in
            row.enumerated().map { place, value in
              PageTable.Cell(
                text: Numbers.fixed(value, decimals: 3), value: value,
                isColoured: place == row.count - 1)
            }
          }, scale: ValueScale(.sequential, range: 0...1, values: []))),
    ]
  }
}

extension Tensor {
  /// The cells of a matrix.
  fileprivate var cells: [[PageTable.Cell]] {
    (0..<shape[0]).map { row in
      (0..<shape[1]).map { PageTable.Cell(value: Double(self[row, $0])) }
    }
  }
}
