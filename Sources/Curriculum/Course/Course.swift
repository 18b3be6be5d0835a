package import Coursework

#if canImport(AttentionExercises)
  import AttentionExercises
#endif
#if canImport(CircuitsExercises)
  import CircuitsExercises
#endif
#if canImport(GradientsExercises)
  import GradientsExercises
#endif
#if canImport(IdiomsExercises)
  import IdiomsExercises
#endif
#if canImport(LensesExercises)
  import LensesExercises
#endif
#if canImport(PatchscopesExercises)
  import PatchscopesExercises
#endif
#if canImport(ProbingExercises)
  import ProbingExercises
#endif
#if canImport(SortingExercises)
  import SortingExercises
#endif
#if canImport(SuppressionExercises)
  import SuppressionExercises
#endif

/// The sheets of the course, in order, as far as they are in the package: a class may be given some
/// of them.
package enum Course {
  package static let sheets: [Sheet] = {
    var sheets: [Sheet] = []
    #if canImport(AttentionExercises)
      sheets.append(AttentionSheet.sheet)
    #endif
    #if canImport(ProbingExercises)
      sheets.append(ProbingSheet.sheet)
    #endif
    #if canImport(GradientsExercises)
      sheets.append(GradientsSheet.sheet)
    #endif
    #if canImport(SortingExercises)
      sheets.append(SortingSheet.sheet)
    #endif
    #if canImport(LensesExercises)
      sheets.append(LensSheet.sheet)
    #endif
    #if canImport(PatchscopesExercises)
      sheets.append(PatchscopesSheet.sheet)
    #endif
    #if canImport(IdiomsExercises)
      sheets.append(IdiomsSheet.sheet)
    #endif
    #if canImport(SuppressionExercises)
      sheets.append(SuppressionSheet.sheet)
    #endif
    #if canImport(CircuitsExercises)
      sheets.append(CircuitsSheet.sheet)
    #endif
    return sheets
  }()
}
