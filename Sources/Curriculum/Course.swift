package import Coursework

/// The sheets of the course, in order.
package enum Course {
  package static let sheets: [AnySheet] = [
    AnySheet(AttentionSheet.sheet), AnySheet(ProbingSheet.sheet), AnySheet(GradientsSheet.sheet),
    AnySheet(SortingSheet.sheet), AnySheet(LensSheet.sheet),
  ]
}
