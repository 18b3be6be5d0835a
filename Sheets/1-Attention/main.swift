import Coursework
import Curriculum

await SheetRunner(AttentionSheet.sheet, answers: Answers(), keepsProgress: true).main()
