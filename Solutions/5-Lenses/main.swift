import Coursework
import LensesExercises

await SheetRunner(LensSheet.sheet, answers: Answers(), keepsProgress: false).main()
