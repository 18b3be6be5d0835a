extension RandomNumberGenerator {
  /// A number in 0..<bound, by multiplication: the same on every version of the library.
  package mutating func below(_ bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// True with a probability in per cent.
  package mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  /// One element, each as likely as the others.
  ///
  /// - Precondition: there is an element.
  package mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[below(elements.count)]
  }

  /// One element, each as likely as its weight.
  package mutating func pick<Element>(weighted elements: [(element: Element, weight: Int)])
    -> Element
  {
    var rest = below(elements.reduce(0) { $0 + $1.weight })
    for (element, weight) in elements {
      if rest < weight { return element }
      rest -= weight
    }
    preconditionFailure("weights add up to \(rest) too little")
  }
}
