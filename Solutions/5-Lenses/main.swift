import Coursework
import Curriculum

await SheetRunner(LensSheet.sheet, answers: Answers(), keepsProgress: false).main()
