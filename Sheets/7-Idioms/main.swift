import Coursework
import IdiomsExercises

await SheetRunner(IdiomsSheet.sheet, answers: Answers(), keepsProgress: true).main()
