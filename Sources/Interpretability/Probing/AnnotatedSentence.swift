/// A word of a sentence with what is known about it.
public struct AnnotatedWord: Codable, Sendable, Hashable {
  /// The word as it is written.
  public var text: String
  /// Its dictionary form.
  public var lemma: String
  /// What is known about it, by name: `upos`, `deprel`, `feats.Number` and so on.
  public var labels: [String: String]
  /// The index of the word it depends on; nil for the root.
  public var head: Int?
  /// Where it stands in the sentence's text, in UTF-8 bytes; words of a contraction may share a
  /// place.
  public var place: Range<Int>
  /// Whether it is a punctuation mark.
  public var isPunctuation: Bool

  /// A word.
  public init(
    _ text: String, lemma: String, labels: [String: String], head: Int?, place: Range<Int>,
    isPunctuation: Bool
  ) {
    self.text = text
    self.lemma = lemma
    self.labels = labels
    self.head = head
    self.place = place
    self.isPunctuation = isPunctuation
  }
}

/// A sentence as a model reads it, its words, and the tree they make.
public struct AnnotatedSentence: Codable, Sendable, Hashable {
  /// A name for it, such as a treebank's `sent_id`.
  public var id: String
  /// All the model reads, an instruction included.
  public var text: String
  /// The words; what else the text holds belongs to none.
  public var words: [AnnotatedWord]

  /// A sentence; the words' heads make a tree.
  public init(id: String, text: String, words: [AnnotatedWord]) {
    self.id = id
    self.text = text
    self.words = words
  }

  /// How many heads are above each word, 0 for the root.
  public var depths: [Int] { words.indices.map { ancestors(of: $0).count - 1 } }

  /// How many edges of the tree lie between each two words, `[word][word]`.
  public var distances: [[Int]] {
    let paths = words.indices.map { ancestors(of: $0) }
    return paths.map { a in
      paths.map { b in
        var shared = 0
        while shared < min(a.count, b.count), a[a.count - 1 - shared] == b[b.count - 1 - shared] {
          shared += 1
        }
        return a.count + b.count - 2 * shared
      }
    }
  }

  /// A label by its name, `depth` included, or nil where the word has none.
  public func label(_ name: String, ofWord word: Int) -> String? {
    name == "depth" ? String(ancestors(of: word).count - 1) : words[word].labels[name]
  }

  /// The word, its head, the head of that and so on up to the root.
  private func ancestors(of word: Int) -> [Int] {
    var path = [word]
    while let head = words[path[path.count - 1]].head {
      precondition(path.count <= words.count, "the heads of sentence \(id) run in a circle")
      path.append(head)
    }
    return path
  }
}
