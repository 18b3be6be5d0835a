import Coursework
import CircuitsExercises

await SheetRunner(CircuitsSheet.sheet, answers: Answers(), keepsProgress: true).main()
