package import Coursework
package import Tensors

/// A right tensor with what the usual mistakes make of the question.
package struct TensorKey {
  package let right: Tensor
  package let name: String
  package let axes: [String]
  package let tolerance: Float
  package let mistakes: () throws -> [Mistake<Tensor>]

  package init(
    _ right: Tensor, named name: String, axes: [String], tolerance: Float = 1e-3,
    mistakes: @escaping () throws -> [Mistake<Tensor>]
  ) {
    self.right = right
    self.name = name
    self.axes = axes
    self.tolerance = tolerance
    self.mistakes = mistakes
  }

  /// A key by the numbers of an oracle in `Double`, in row-major order.
  package init(
    _ right: [Double], shape: [Int], named name: String, axes: [String], tolerance: Float,
    mistakes: @escaping () throws -> [Mistake<Tensor>]
  ) {
    self.init(
      Tensor(right.map(Float.init), shape: shape), named: name, axes: axes, tolerance: tolerance,
      mistakes: mistakes)
  }

  package var judge: Expected<Tensor> {
    Expected(right, tolerance: tolerance, named: name, axes: axes, mistakes: mistakes)
  }

  /// Whether each mistake lies far from what is right, and from what mistakes with another sentence
  /// give: a near one would pass, or be told the wrong sentence.
  ///
  /// - Parameter allowsSame: Whether the form of a case may make a mistake do nothing, or the same as
  ///   another: where a span ends the sentence, no query behind it reads it. Then only what chance
  ///   brings near is undecided, and another case has to tell the two apart.
  package func isDecided(allowsSame: Bool = false) throws -> Bool {
    func areApart(_ a: Tensor, _ b: Tensor) -> Bool {
      areFar(a.values, b.values) || allowsSame && areSame(a.values, b.values)
    }
    let mistakes = try mistakes()
    return mistakes.enumerated().allSatisfy { index, mistake in
      areApart(mistake.answer, right)
        && mistakes[..<index].allSatisfy {
          $0.sentence == mistake.sentence || areApart(mistake.answer, $0.answer)
        }
    }
  }

  private func areFar(_ a: [Float], _ b: [Float]) -> Bool {
    a.count != b.count
      || zip(a, b).contains {
        $0.isFinite != $1.isFinite || abs($0 - $1) > 8 * tolerance * max(1, abs($0), abs($1))
      }
  }

  /// Whether nothing but rounding lies between.
  private func areSame(_ a: [Float], _ b: [Float]) -> Bool {
    Verdict.areSame(a, b, tolerance: tolerance / 50)
  }
}

extension Array {
  /// Whether no mistake answers what is right, and none what another sentence is said of.
  package func areDistinct<Answer: Equatable>(from right: Answer) -> Bool
  where Element == Mistake<Answer> {
    enumerated().allSatisfy { index, mistake in
      mistake.answer != right
        && self[..<index].allSatisfy {
          $0.sentence == mistake.sentence || $0.answer != mistake.answer
        }
    }
  }
}
