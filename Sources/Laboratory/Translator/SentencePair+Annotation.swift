public import Interpretability

extension SentencePair {
  /// The English side for probing: its words without the instruction, their labels and their tree.
  ///
  /// The labels are `word-class`, `number`, and `gender`: the gender of the French translation, which
  /// English does not show. Words of which one of them cannot be said lack it.
  public var annotated: AnnotatedSentence {
    let prefix = source.prefix { $0.isPrefix }.count
    var words: [AnnotatedWord] = []
    for (index, word) in source.enumerated() where index >= prefix {
      let end = source[...index].joinedText.utf8.count
      var labels = ["word-class": word.partOfSpeech.rawValue]
      labels["number"] = word.number?.rawValue
      labels["gender"] = word.gender?.rawValue
      words.append(
        AnnotatedWord(
          word.text, lemma: word.lemma, labels: labels, head: word.head.map { $0 - prefix },
          place: (end - word.text.utf8.count)..<end, isPunctuation: word.isPunctuation))
    }
    return AnnotatedSentence(id: sourceText, text: sourceText, words: words)
  }
}
