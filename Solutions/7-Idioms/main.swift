import Coursework
import IdiomsExercises

await SheetRunner(IdiomsSheet.sheet, answers: Answers(), keepsProgress: false).main()
