import Tensors
import Transformers

/// A change that is made in one row of a batch.
struct RowChange {
  /// The row of the batch.
  let row: Int
  let change: Change
}

/// Where the values of one row's activation lie: `[position, head, width]`, or `[head, query, key]`.
private struct ActivationLayout {
  let positions: Int
  let heads: Int
  let width: Int
  let isPattern: Bool
  let hasHeads: Bool

  init(_ shape: [Int], isPattern: Bool) {
    self.isPattern = isPattern
    hasHeads = shape.count == 3
    width = shape[shape.count - 1]
    if isPattern {
      (heads, positions) = (shape[0], shape[1])
    } else {
      (positions, heads) = (shape[0], shape.count == 3 ? shape[1] : 1)
    }
  }

  var count: Int { positions * heads * width }

  func offset(_ position: Int, _ head: Int) -> Int {
    (isPattern ? head * positions + position : position * heads + head) * width
  }
}

extension RecordedRun {
  /// The activation at a point of a part of a pass, with some rows changed.
  func applying(
    _ changes: [RowChange], to activation: Tensor, at point: HookPoint, of part: PartialPass
  ) throws -> Tensor {
    var activation = activation
    let hasBatch = activation.rank > 3 || point.hasBatchAxis
    let layout = ActivationLayout(
      hasBatch ? Array(activation.shape.dropFirst()) : activation.shape,
      isPattern: point.isPattern)
    let covered = extent(of: point, in: part).positions
    for change in changes {
      let start = hasBatch ? change.row * layout.count : 0
      if case .map(let map) = change.change.edit.kind {
        try apply(map, change.change.site, to: &activation, from: start, layout, covered)
        continue
      }
      try activation.withUnsafeMutableValues { values in
        try apply(
          change.change, to: values.baseAddress! + start, layout, covered, at: point,
          row: part.rows[change.row])
      }
    }
    return activation
  }

  private func apply(
    _ change: Change, to values: UnsafeMutablePointer<Float>, _ layout: ActivationLayout,
    _ covered: Range<Int>, at point: HookPoint, row: Int
  ) throws {
    let site = change.site
    let places = site.places(covered)
    let heads = site.heads(layout.heads)
    func visit(
      _ body: (_ index: Int, _ place: Int, _ head: Int, _ at: UnsafeMutablePointer<Float>) -> Void
    ) {
      for (index, place) in places {
        for head in heads {
          body(index, place, head, values + layout.offset(place - covered.lowerBound, head))
        }
      }
    }
    func replace(_ tensor: Tensor, row: Int, positions: [Int]?) {
      let source = ActivationLayout(Array(tensor.shape.dropFirst()), isPattern: layout.isPattern)
      tensor.withUnsafeValues { all in
        let base = all.baseAddress! + row * source.count
        visit { index, place, head, at in
          let from = source.positions == 1 ? 0 : positions?[index] ?? place
          site.blend(base + source.offset(from, head), into: at, width: layout.width)
        }
      }
    }
    switch change.edit.kind {
    case .replace(let tensor, let row, let positions):
      replace(tensor, row: row, positions: positions)
    case .freeze:
      let recorded = try trace[point]
      replace(
        point.hasBatchAxis ? recorded : recorded.reshaped(to: [1] + recorded.shape),
        row: point.hasBatchAxis ? row : 0, positions: nil)
    case .zero:
      let zeros = Tensor.zeros([layout.width])
      zeros.withUnsafeValues { zeros in
        visit { site.blend(zeros.baseAddress!, into: $3, width: layout.width) }
      }
    case .add(let vector):
      let stride = vector.shape[vector.rank - 1]
      // A row for every position, or one for all; with heads, a row for each of the site's.
      let isByPosition = vector.rank == (layout.hasHeads ? 3 : 2)
      let rowsByPosition = layout.hasHeads ? heads.count : 1
      vector.withUnsafeValues { added in
        visit { index, _, head, at in
          let slot = vector.rank > 1 && layout.hasHeads ? heads.firstIndex(of: head)! : 0
          let row = (isByPosition ? index * rowsByPosition : 0) + slot
          site.add(added.baseAddress! + row * stride, to: at, width: layout.width)
        }
      }
    case .forbid(let keys):
      visit { _, _, _, at in
        for key in keys where key < layout.width { at[key] = -.infinity }
      }
    case .map: break
    }
  }

  /// A map sees its site as a tensor of its own.
  private func apply(
    _ map: (Tensor) throws -> Tensor, _ site: Site, to activation: inout Tensor, from start: Int,
    _ layout: ActivationLayout, _ covered: Range<Int>
  ) throws {
    let places = site.places(covered)
    let heads = site.heads(layout.heads)
    let units: [Int] =
      if case .units(let units) = site.part { units } else {
        Array(0..<layout.width)
      }
    let order: [(place: Int, head: Int)] =
      layout.isPattern
      ? heads.flatMap { head in places.map { ($0.place, head) } }
      : places.flatMap { place in heads.map { (place.place, $0) } }
    var part = Tensor.zeros(
      layout.isPattern
        ? [heads.count, places.count, units.count]
        : layout.hasHeads ? [places.count, heads.count, units.count] : [places.count, units.count])
    if part.count == 0 { return }
    func offset(_ entry: (place: Int, head: Int)) -> Int {
      start + layout.offset(entry.place - covered.lowerBound, entry.head)
    }
    activation.withUnsafeValues { values in
      part.withUnsafeMutableValues { out in
        for (index, entry) in order.enumerated() {
          for (i, unit) in units.enumerated() {
            out[index * units.count + i] = values[offset(entry) + unit]
          }
        }
      }
    }
    let mapped = try map(part)
    guard mapped.shape == part.shape else {
      throw SweepError.shape(
        "what a map returns", point: site.point, expected: "\(part.shape)", found: mapped.shape)
    }
    activation.withUnsafeMutableValues { values in
      mapped.withUnsafeValues { new in
        for (index, entry) in order.enumerated() {
          let at = values.baseAddress! + offset(entry)
          if case .subspace = site.part {
            site.blend(
              new.baseAddress! + index * units.count, into: at, width: layout.width)
          } else {
            for (i, unit) in units.enumerated() { at[unit] = new[index * units.count + i] }
          }
        }
      }
    }
  }
}

extension Site {
  /// The positions of the site that are computed, with their places in the site's own list.
  fileprivate func places(_ covered: Range<Int>) -> [(index: Int, place: Int)] {
    guard let positions else { return covered.map { ($0, $0) } }
    return positions.enumerated().filter { covered.contains($1) }.map { ($0, $1) }
  }

  fileprivate func heads(_ count: Int) -> [Int] {
    if case .heads(let heads) = part { heads } else { Array(0..<count) }
  }

  /// Puts a vector in the place of another, or its part in the site.
  fileprivate func blend(
    _ new: UnsafePointer<Float>, into old: UnsafeMutablePointer<Float>, width: Int
  ) {
    switch part {
    case .all, .heads: old.update(from: new, count: width)
    case .units(let units): for unit in units { old[unit] = new[unit] }
    case .subspace(let basis):
      let count = basis.shape[0]
      basis.withUnsafeValues { rows in
        for index in 0..<count {
          let row = rows.baseAddress! + index * width
          let distance =
            Kernel.dot(row, new, count: width) - Kernel.dot(row, old, count: width)
          for i in 0..<width { old[i] += distance * row[i] }
        }
      }
    }
  }

  /// Adds a vector, or its part in the site.
  fileprivate func add(
    _ added: UnsafePointer<Float>, to old: UnsafeMutablePointer<Float>, width: Int
  ) {
    switch part {
    case .all, .heads: Kernel.add(added, to: old, count: width)
    case .units(let units): for (index, unit) in units.enumerated() { old[unit] += added[index] }
    case .subspace(let basis):
      let count = basis.shape[0]
      basis.withUnsafeValues { rows in
        for index in 0..<count {
          let row = rows.baseAddress! + index * width
          let length = Kernel.dot(row, added, count: width)
          for i in 0..<width { old[i] += length * row[i] }
        }
      }
    }
  }
}

extension HookPoint {
  /// Whether the first axis counts rows of the batch; only a position bias serves all.
  var hasBatchAxis: Bool {
    if case .block(_, _, .attention(_, .positionBias)) = self { false } else { true }
  }
}
