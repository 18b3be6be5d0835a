package import Interpretability

extension SentencePair {
  /// The English side for probing: its words without the instruction, their labels and their tree.
  ///
  /// The labels are `word-class`, `number`, and `gender`: the gender of the French translation, which
  /// English does not show. Words of which one of them cannot be said lack it.
  package var annotated: AnnotatedSentence { annotated(withInstruction: true) }

  /// The English side with or without the text of the instruction, which the translator expects and
  /// other models do not.
  package func annotated(withInstruction: Bool) -> AnnotatedSentence {
    let prefix = source.prefix { $0.isPrefix }.count
    let sentence = Array(source[(withInstruction ? 0 : prefix)...])
    let skipped = source.count - sentence.count
    var words: [AnnotatedWord] = []
    for (index, word) in source.enumerated() where index >= prefix {
      let end = sentence[...(index - skipped)].joinedText.utf8.count
      var labels = ["word-class": word.partOfSpeech.rawValue]
      labels["number"] = word.number?.rawValue
      labels["gender"] = word.gender?.rawValue
      words.append(
        AnnotatedWord(
          word.text, lemma: word.lemma, labels: labels, head: word.head.map { $0 - prefix },
          place: (end - word.text.utf8.count)..<end, isPunctuation: word.isPunctuation))
    }
    return AnnotatedSentence(id: sourceText, text: sentence.joinedText, words: words)
  }
}
