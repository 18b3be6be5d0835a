import Coursework
import GradientsExercises

await SheetRunner(GradientsSheet.sheet, answers: Answers(), keepsProgress: true).main()
