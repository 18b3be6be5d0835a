import Coursework
import ProbingExercises

await SheetRunner(ProbingSheet.sheet, answers: Answers(), keepsProgress: false).main()
