import Coursework
import Curriculum

await SheetRunner(GradientsSheet.sheet, answers: Answers(), keepsProgress: true).main()
