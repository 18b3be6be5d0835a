import Coursework
import Curriculum

await SheetRunner(ProbingSheet.sheet, answers: Answers(), keepsProgress: true).main()
