import Coursework
import PatchscopesExercises

await SheetRunner(PatchscopesSheet.sheet, answers: Answers(), keepsProgress: false).main()
