import Coursework
import Curriculum

await SheetRunner(SortingSheet.sheet, answers: Answers(), keepsProgress: false).main()
