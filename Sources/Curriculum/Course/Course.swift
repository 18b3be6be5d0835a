import AttentionExercises
package import Coursework
import GradientsExercises
import LensesExercises
import ProbingExercises
import SortingExercises

/// The sheets of the course, in order.
package enum Course {
  package static let sheets: [Sheet] = [
    AttentionSheet.sheet, ProbingSheet.sheet, GradientsSheet.sheet,
    SortingSheet.sheet, LensSheet.sheet,
  ]
}
