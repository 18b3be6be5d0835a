import Coursework
import SortingExercises

await SheetRunner(SortingSheet.sheet, answers: Answers(), keepsProgress: true).main()
