package import Tensors

/// The judge of an answer whose right value is known, and that of the usual mistakes too.
///
/// An answer is held, in this order, against
///
/// 1. what is right: it passes, whatever a mistake may give by chance;
/// 2. the mistakes, in the order in which they stand: put the special before the general, for the
///    first that gives just this answer has the word. They are computed only now, and kept for the
///    next wrong answer: a class makes many to one case;
/// 3. what ``otherwise(_:)`` looks for: properties that every right answer has;
/// 4. what is usually wrong with any answer of its kind: shape, NaN, swapped axes, off by one, a
///    factor, and so on.
///
/// Numbers are the same when they differ by at most `tolerance · max(1, |expected|)`.
package struct Expected<Answer: Codable & Sendable>: Judge {
  private let compare: (Answer) throws -> Verdict
  private let isSame: (_ answer: Answer, _ mistaken: Answer) -> Bool
  private let mistakes: () throws -> [Mistake<Answer>]
  private var otherwise: (Answer) -> Verdict? = { _ in nil }
  /// What is said of a right answer, beside that it is right.
  private var praise: String?

  /// A judge by a comparison of one's own.
  ///
  /// - Parameters:
  ///   - compare: holds an answer against what is right.
  ///   - isSame: whether an answer is what a mistake gives.
  ///   - mistakes: computed only for an answer that is wrong.
  package init(
    comparing compare: @escaping (Answer) throws -> Verdict,
    isSame: @escaping (_ answer: Answer, _ mistaken: Answer) -> Bool,
    mistakes: @escaping () throws -> [Mistake<Answer>]
  ) {
    self.compare = compare
    self.isSame = isSame
    var known: [Mistake<Answer>]?
    self.mistakes = {
      let made = try known ?? mistakes()
      known = made
      return made
    }
  }

  package func verdict(on answer: Answer) throws -> Verdict {
    let verdict = try compare(answer)
    if verdict.status == .passed { return praise.map { .passed($0) } ?? verdict }
    if let mistake = try mistakes().first(where: { isSame(answer, $0.answer) }) {
      return .failed(mistake.sentence, detail: verdict.detail)
    }
    return otherwise(answer) ?? verdict
  }

  /// The same judge, which looks for something of its own where no mistake explains an answer.
  ///
  /// - Parameter fault: is given a wrong answer, of whatever shape, and nil when it has nothing to
  ///   say of it.
  package func otherwise(_ fault: @escaping (Answer) -> Verdict?) -> Expected {
    var judge = self
    judge.otherwise = fault
    return judge
  }

  /// The same judge, with a sentence on what a right answer shows.
  package func praising(_ sentence: String) -> Expected {
    var judge = self
    judge.praise = sentence
    return judge
  }
}

extension Expected where Answer == Tensor {
  /// Expects a tensor; see ``Verdict/compare(_:to:tolerance:named:axes:revealing:)-(Tensor,_,_,_,_,_)``.
  ///
  /// A mistake is known by its numbers in their order, in whatever shape they come.
  package init(
    _ expected: Tensor, tolerance: Float = 1e-4, named name: String, axes: [String] = [],
    revealing: Bool = true,
    mistakes: @escaping () throws -> [Mistake<Tensor>] = { [] }
  ) {
    self.init(
      comparing: {
        .compare(
          $0, to: expected, tolerance: tolerance, named: name, axes: axes, revealing: revealing)
      },
      isSame: { Verdict.areSame($0.values, $1.values, tolerance: tolerance) }, mistakes: mistakes)
  }

  /// Expects the numbers of an oracle in `Double`, in row-major order.
  package init(
    _ expected: [Double], shape: [Int], tolerance: Float = 1e-4, named name: String,
    axes: [String] = [], revealing: Bool = true,
    mistakes: @escaping () throws -> [Mistake<Tensor>] = { [] }
  ) {
    self.init(
      Tensor(expected.map(Float.init), shape: shape), tolerance: tolerance, named: name, axes: axes,
      revealing: revealing, mistakes: mistakes)
  }

  /// Expects the numbers of an oracle in `Double`, in rows.
  package init(
    _ rows: [[Double]], tolerance: Float = 1e-4, named name: String, axes: [String] = [],
    revealing: Bool = true,
    mistakes: @escaping () throws -> [Mistake<Tensor>] = { [] }
  ) {
    self.init(
      Tensor(doubleRows: rows), tolerance: tolerance, named: name, axes: axes,
      revealing: revealing, mistakes: mistakes)
  }
}

extension Expected where Answer == [Float] {
  /// Expects a list of numbers.
  ///
  /// - Parameter element: what an entry belongs to, as in "head".
  package init(
    _ expected: [Float], tolerance: Float = 1e-4, named name: String, of element: String = "index",
    revealing: Bool = true,
    mistakes: @escaping () throws -> [Mistake<[Float]>] = { [] }
  ) {
    self.init(
      comparing: {
        .compare(
          $0, to: expected, tolerance: tolerance, named: name, of: element, revealing: revealing)
      },
      isSame: { Verdict.areSame($0, $1, tolerance: tolerance) }, mistakes: mistakes)
  }
}

extension Expected where Answer == Float {
  /// Expects a number.
  package init(
    _ expected: Float, tolerance: Float = 1e-4, named name: String, revealing: Bool = true,
    mistakes: @escaping () throws -> [Mistake<Float>] = { [] }
  ) {
    self.init(
      comparing: {
        .compare($0, to: expected, tolerance: tolerance, named: name, revealing: revealing)
      },
      isSame: { Verdict.areSame([$0], [$1], tolerance: tolerance) }, mistakes: mistakes)
  }
}

extension Expected {
  /// Expects a list that is right entry by entry; see
  /// ``Verdict/match(_:to:named:of:partial:revealing:)``.
  package init<Element: Equatable & Sendable>(
    _ expected: [Element], named name: String, of element: String = "index",
    partial: Bool = false, revealing: Bool = true,
    mistakes: @escaping () throws -> [Mistake<[Element]>] = { [] }
  ) where Answer == [Element] {
    self.init(
      comparing: {
        .match(
          $0, to: expected, named: name, of: element, partial: partial, revealing: revealing)
      },
      isSame: { $0 == $1 }, mistakes: mistakes)
  }
}

extension Mistake where Answer == Tensor {
  /// A mistake by the numbers of an oracle in `Double`, in rows.
  package init(_ sentence: String, _ rows: [[Double]]) {
    self.init(sentence, Tensor(rows.joined().map(Float.init)))
  }

  /// A mistake by the numbers of an oracle in `Double`, in row-major order.
  package init(_ sentence: String, _ values: [Double]) {
    self.init(sentence, Tensor(values.map(Float.init)))
  }
}

extension Mistake where Answer == Float {
  /// A mistake by the number of an oracle in `Double`.
  package init(_ sentence: String, _ value: Double) { self.init(sentence, Float(value)) }
}

extension Mistake where Answer == [Float] {
  /// A mistake by the numbers of an oracle in `Double`.
  package init(_ sentence: String, _ values: [Double]) {
    self.init(sentence, values.map(Float.init))
  }
}

extension Tensor {
  /// A matrix from the rows of an oracle in `Double`.
  fileprivate init(doubleRows rows: [[Double]]) {
    self.init(rows.joined().map(Float.init), shape: [rows.count, rows.first?.count ?? 0])
  }
}

extension Verdict {
  /// Whether numbers are what a mistake gives, within `tolerance · max(1, |mistaken|)`.
  ///
  /// A mistake that divides 0 by 0 gives NaN, and is known by it.
  package static func areSame(
    _ answer: [Float], _ mistaken: [Float], tolerance: Float = 1e-4
  ) -> Bool {
    answer.count == mistaken.count
      && zip(answer, mistaken).allSatisfy { found, wanted in
        found == wanted || found.isNaN && wanted.isNaN
          || wanted.isFinite && abs(found - wanted) <= tolerance * max(1, abs(wanted))
      }
  }
}
