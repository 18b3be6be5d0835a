import Coursework
import SheetTools
import SuppressionVocabulary
import Tensors

/// What is kept, one pair of source and destination at a time, and what becomes of it by mistake.
struct KeptLoop {
  private let question: KeptHead
  private let head: PlainHead
  private let values, pattern, lens: [[Double]]
  private let mean: [Double]
  /// The OV rows of the sources, `[source][token]`.
  private let written: [[Double]]

  init(_ question: KeptHead) {
    self.question = question
    head = PlainHead(question.head)
    (values, pattern, lens) = (
      question.text.values.doubleRows, question.text.pattern.doubleRows,
      question.text.lens.doubleRows
    )
    mean = question.text.mean.values.map(Double.init)
    let embedding = head.embedding
    written = PlainHead(question.head).written(
      reading: question.text.tokens.map { embedding[$0] })
  }

  /// How something is kept.
  struct Way {
    /// The tokens of a pair from those of the source and those of the destination.
    var common: (Set<Int>, Set<Int>) -> Set<Int> = { $0.intersection($1) }
    var takesGreatest = false
    var isOneByOne = false
    var isWeighed = true
    /// Whether what counts for `keys` counts for `unembeddings`, and the other way round.
    var exchangesCounts = false
    /// Whether predictions are those at the source.
    var predictsAtSource = false
    /// Whether the token that is read counts alone, with its own unembedding.
    var takesOwnAlone = false
    /// Whether the mean is taken off what is moved.
    var leavesMeanOut = true
    /// Whether the mean is written where nothing is kept.
    var writesMean = true
  }

  private func least(_ row: [Double], _ count: Int) -> Set<Int> {
    Set(row.indices.sorted { row[$0] < row[$1] }.prefix(count))
  }

  /// The part of a vector in the span of tokens' directions.
  private func projected(_ x: [Double], on tokens: Set<Int>, oneByOne: Bool) -> [Double] {
    var basis: [[Double]] = []
    for token in tokens.sorted() {
      var rest = head.directions[token]
      let length = Plain.length(rest)
      if !oneByOne {
        for _ in 0..<2 {
          for unit in basis { rest = Plain.sum(rest, unit, factor: -Plain.dot(rest, unit)) }
        }
      }
      let left = Plain.length(rest)
      if left > 1e-6 * length { basis.append(rest.map { $0 / left }) }
    }
    return basis.reduce(x.map { _ in 0 }) { Plain.sum($0, $1, factor: Plain.dot(x, $1)) }
  }

  func kept(_ way: Way = Way()) -> [[Double]] {
    let counts =
      way.exchangesCounts
      ? (question.unembeddings, question.keys) : (question.keys, question.unembeddings)
    let sources = written.enumerated().map { source, row in
      way.takesOwnAlone
        ? [question.text.tokens[source]]
        : least(way.takesGreatest ? row.map { -$0 } : row, counts.0)
    }
    let predictions = lens.map { least($0.map { -$0 }, counts.1) }
    let bare = Plain.times(mean, head.output)
    return pattern.indices.map { d in
      var sum = way.writesMean ? bare : bare.map { _ in 0 }
      for s in pattern[d].indices where pattern[d][s] != 0 {
        let common = way.common(sources[s], predictions[way.predictsAtSource ? s : d])
        if common.isEmpty { continue }
        let moved = way.leavesMeanOut ? Plain.sum(values[s], mean, factor: -1) : values[s]
        let part = projected(
          Plain.times(moved, head.output), on: common, oneByOne: way.isOneByOne)
        sum = Plain.sum(sum, part, factor: way.isWeighed ? pattern[d][s] : 1)
      }
      return sum
    }
  }

  /// Whether the lists end where a clear step is, some pair has several tokens in common that are no
  /// two ways to say one, and mistakes can be seen.
  var isClear: Bool {
    func hasStep(_ row: [Double], _ count: Int) -> Bool {
      let sorted = row.sorted()
      return sorted[count] - sorted[count - 1] > 1e-3 * (sorted[sorted.count - 1] - sorted[0])
    }
    guard written.allSatisfy({ hasStep($0, question.keys) }),
      lens.allSatisfy({ hasStep($0.map { -$0 }, question.unembeddings) })
    else { return false }
    let right = kept()
    func differs(_ way: Way) -> Bool {
      let other = kept(way)
      return zip(right.joined(), other.joined()).contains { abs($0 - $1) > 0.02 }
    }
    return differs(Way(isOneByOne: true)) && differs(Way(leavesMeanOut: false))
      && differs(Way(writesMean: false)) && differs(Way(exchangesCounts: true))
      && differs(Way(predictsAtSource: true)) && differs(Way(takesOwnAlone: true)) && isSteady
  }

  /// Whether least squares with a small penalty find the same.
  private var isSteady: Bool {
    let sources = written.map { least($0, question.keys) }
    let predictions = lens.map { least($0.map { -$0 }, question.unembeddings) }
    for d in pattern.indices {
      for s in pattern[d].indices where pattern[d][s] != 0 {
        let common = sources[s].intersection(predictions[d]).sorted()
        if common.isEmpty { continue }
        let moved = Plain.times(Plain.sum(values[s], mean, factor: -1), head.output)
        let exact = projected(moved, on: Set(common), oneByOne: false)
        let columns = Tensor(
          rows: Plain.transposed(common.map { head.directions[$0] }).map { $0.map(Float.init) })
        let found = columns.matmul(
          columns.leastSquares(to: Tensor(moved.map(Float.init), shape: [moved.count, 1])))
        if zip(found.values, exact).contains(where: { abs(Double($0) - $1) > 3e-4 }) {
          return false
        }
      }
    }
    return true
  }

  var judge: Expected<Tensor> {
    Expected(
      kept(), tolerance: 2e-3, named: "what is kept", axes: ["destination", "width"]
    ) {
      let whole = Plain.times(mean, head.output)
      return [
        Mistake("nothing is kept: this is the mean-ablated head", pattern.map { _ in whole }),
        Mistake(
          "all is kept: this is the head as it is",
          pattern.map { Plain.times(Plain.times($0, values), head.output) }),
        Mistake(
          "a token counts here that is in one of the lists; it has to be in both",
          kept(Way(common: { $0.union($1) }))),
        Mistake(
          "the predictions were left out: what the source is written against has to be predicted too",
          kept(Way(common: { source, _ in source }))),
        Mistake(
          "the sources' lists were left out: what is predicted has to be what the source is written against",
          kept(Way(common: { $1 }))),
        Mistake(
          "the sources' lists hold what the head writes *for* most", kept(Way(takesGreatest: true))),
        Mistake(
          "the two K's have changed places: `keys` is for sources, `unembeddings` for predictions",
          kept(Way(exchangesCounts: true))),
        Mistake(
          "the predictions are those at the source; what counts is predicted at the destination",
          kept(Way(predictsAtSource: true))),
        Mistake(
          "of each source only the token itself counts; all of its list do, itself among them or not",
          kept(Way(takesOwnAlone: true))),
        Mistake(
          "the columns of W_U are not perpendicular: projected on one by one, what they share counts twice",
          kept(Way(isOneByOne: true))),
        Mistake(
          "the pattern is missing: what is moved from a source comes as far as it is attended to",
          kept(Way(isWeighed: false))),
        Mistake(
          "the mean was not taken off the values before they were projected",
          kept(Way(leavesMeanOut: false))),
        Mistake(
          "where nothing is kept the mean stands, not zero", kept(Way(writesMean: false))),
      ]
    }
  }
}
