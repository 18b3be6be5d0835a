import AttentionExercises
import Coursework

await SheetRunner(AttentionSheet.sheet, answers: Answers(), keepsProgress: false).main()
