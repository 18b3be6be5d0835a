import Coursework
import Figures
import Foundation
import Laboratory
import Tensors
import Transformers

extension AttentionSheet {
  /// The pictures of the sheet, in the order of its text.
  static let figures: [SheetFigure<any AttentionAnswers>] = []
}
