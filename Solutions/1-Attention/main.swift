import Coursework
import Curriculum

await SheetRunner(AttentionSheet.sheet, answers: Answers(), keepsProgress: false).main()
