import Coursework
import SuppressionExercises

await SheetRunner(SuppressionSheet.sheet, answers: Answers(), keepsProgress: true).main()
