import Heads
import Interpretability
import Interventions
import Tensors
import Transformers

extension Finding {
  static let suppressionFindings = [
    negativeOutput, negativeQuery, suppressionKept, startCosine, antiInduction,
  ]

  static let suppression = Paper(
    "McDougall et al.", "Copy Suppression: Comprehensively Understanding an Attention Head", 2023,
    "arXiv:2310.04625")
  private static let head = "GPT-2 small, head 10.7"
  private static let chosen =
    "of the head that writes most against tokens that are predicted and stand "
    + "in the text, by other texts"

  /// The OV circuit of a suppressing head.
  private static let negativeOutput = Finding(
    name: "negative-ov", title: "A head writes against the token it reads", sheet: 8,
    paper: suppression,
    published: [
      PublishedFigure(
        "84.70 % of tokens have their own OV entry among the ten most negative", of: head,
        level: 0.847)
    ],
    measured:
      "The share of tokens that the model has read whose own entry of the OV circuit is among the ten most negative of "
      + "its row, from the embedding through block 0, " + chosen
      + "; and the same of an untrained model.",
    rule: Rule(.above(0.4235, "own entry among the ten most negative")), version: 1,
    asks: .decoders, needs: "a decoder"
  ) { subject in
    let (circuits, head) = try subject.suppressor()
    let found = try Self.negativeShare(circuits, head, among: subject.readTokens)
    var measurements = [
      try MeasuredNumber.share("own entry among the ten most negative", of: found, "tokens")
    ]
    if !subject.isLarge {
      let untrained = try HeadCircuits(subject.untrained())
      measurements.append(
        try .share(
          "the same head, untrained",
          of: Self.negativeShare(untrained, head, among: subject.readTokens),
          "tokens"))
    }
    return measurements
  }

  private static func negativeShare(
    _ circuits: HeadCircuits, _ head: HeadAddress, among tokens: [Int]
  ) throws -> [Bool] {
    let ranks = try circuits.outputDiagonal(head, of: circuits.embedded(.mlp0), until: 10).less
    return tokens.map { ranks[$0] < 10 }
  }

  /// The QK circuit of a suppressing head.
  private static let negativeQuery = Finding(
    name: "negative-qk", title: "The head looks where its prediction stands", sheet: 8,
    paper: suppression,
    published: [
      PublishedFigure(
        "95.72 % of diagonals are among the ten greatest of their row of the QK circuit", of: head,
        level: 0.9572)
    ],
    measured:
      "The share of tokens that the model has read for which they themselves are among the ten keys the head "
      + "would look at most, keys from the embedding through block 0, " + chosen + ".",
    rule: Rule(.above(0.4786, "own key among the ten greatest")), version: 1, asks: .decoders,
    needs: "a decoder"
  ) { subject in
    let (circuits, head) = try subject.suppressor()
    let ranks = try circuits.queryDiagonal(head, of: circuits.embedded(.mlp0), until: 10)
    return [
      try .share(
        "own key among the ten greatest", of: subject.readTokens.map { ranks.greater[$0] < 10 },
        "tokens")
    ]
  }

  /// The copy-suppression-preserving ablation.
  private static let suppressionKept = Finding(
    name: "copy-suppression", title: "Copy suppression explains the head", sheet: 8,
    paper: suppression,
    published: [
      PublishedFigure(
        "76.9 % of the head's effect is kept when nothing but copy suppression is", of: head,
        level: 0.769)
    ],
    measured:
      "1 − KL(only copy suppression kept) / KL(mean-ablated), direct effects, ten suppressed "
      + "neighbours of a source and a twentieth of the vocabulary as predictions, " + chosen
      + ", over groups of four lists; and of the same head untrained.",
    rule: Rule(
      .above(0.3845, "kept by copy suppression alone"), .above(0, "above the untrained head")),
    version: 1, asks: .decoders, needs: "a decoder"
  ) { subject in
    let (circuits, head) = try subject.suppressor()
    let texts = try subject.tours(subject.isLarge ? 16 : 32, seed: 22)
    func kept(_ circuits: HeadCircuits) throws -> [(preserved: Double, ablated: Double)] {
      let embedded = try circuits.embedded(.mlp0)
      let few = circuits.unembedding.shape[0] / 20
      return try stride(from: 0, to: texts.count, by: 4).map { start in
        try subject.check()
        let found = try circuits.copySuppressionAblation(
          of: head, on: subject.batch(Array(texts[start..<(start + 4)])), settings: [(10, few)],
          in: embedded
        ) { _ in subject.goesOn() }[0]
        return (found.preserved, found.ablated)
      }
    }
    func share(_ rows: [(preserved: Double, ablated: Double)], _ drawn: [Int]) -> Double {
      1 - drawn.map { rows[$0].preserved }.mean / drawn.map { rows[$0].ablated }.mean
    }
    let own = try kept(circuits)
    var found = [
      try MeasuredNumber.of(
        "kept by copy suppression alone", count: own.count, "groups of lists", isShare: true
      ) { share(own, $0) }
    ]
    if !subject.isLarge {
      let untrained = try kept(HeadCircuits(subject.untrained()))
      found.append(
        try .of("above the untrained head", count: own.count, "groups of lists", isShare: true) {
          share(own, $0) - share(untrained, $0)
        })
    }
    return found
  }

  /// Where the query bias looks.
  private static let startCosine = Finding(
    name: "start-cosine", title: "The query bias looks for the start of the text", sheet: 8,
    paper: suppression,
    published: [
      PublishedFigure(
        "cosine 0.45 to 0.47 at position 0, very negative elsewhere", of: head, level: 0.45)
    ],
    measured:
      "The cosine of the residual stream with what the query bias asks for, at the start, where "
      + "it is the same in every text, and its mean over all other positions, " + chosen + ".",
    rule: Rule(.above(0.225, "cosine at the start"), .below(0, "cosine elsewhere")), version: 1,
    asks: .decoders, needs: "a decoder"
  ) { subject in
    let (circuits, head) = try subject.suppressor()
    var (first, rest): ([Double], [Double]) = ([], [])
    for text in try subject.tours(24, seed: 22) {
      try subject.check()
      guard let found = try circuits.queryAtStart(of: head, on: subject.batch([text])) else {
        throw NotAsked("\(subject.name) has no query bias")
      }
      first.append(Double(found.cosines[0]))
      rest.append(found.cosines.dropFirst().map(Double.init).mean)
    }
    return [
      try .mean("cosine at the start", of: first, "texts", isShare: false),
      try .mean("cosine elsewhere", of: rest, "texts", isShare: false),
    ]
  }

  /// Anti-induction heads.
  private static let antiInduction = Finding(
    name: "anti-induction", title: "Heads that suppress copies lower what induction predicts",
    sheet: 8,
    paper: suppression,
    published: [
      PublishedFigure(
        "anti-induction and copy suppression are correlated over heads",
        of: "GPT-2, Pythia and others")
    ],
    measured:
      "The correlation over heads of the direct effect on the true next token in random words "
      + "said twice, its sign turned, and of the suppression of predicted tokens of the text in lists.",
    rule: Rule(.above(0.3, "r over heads")), version: 1, asks: .decoders, needs: "a decoder"
  ) { subject in
    let circuits = try subject.circuits()
    let repeated = RepeatedTokens(
      of: subject.randomWords, start: subject.readsWords ? 0 : nil, length: 20, count: 16, seed: 5)
    try subject.check()
    let found = try circuits.opposition(
      on: subject.batch(subject.tours(12, seed: 23)), repeated: repeated)
    return [
      try .of("r over heads", count: found.count, "heads") { drawn in
        drawn.map { found[$0] }.correlation ?? .nan
      }
    ]
  }
}

extension MeasuredModel {
  /// The tokens it has read: the words of tours alone, or all.
  var readTokens: [Int] {
    kind == .tours ? randomWords : Array(0..<configuration.vocabularySize)
  }

  /// The circuits of its heads.
  func circuits() throws -> HeadCircuits {
    try needsDecoder()
    return try HeadCircuits(model)
  }

  /// The head that suppresses most what is predicted and stands in the text, on lists.
  func suppressor() throws -> (HeadCircuits, HeadAddress) {
    let circuits = try circuits()
    let steps = try circuits.copySuppressionSteps(
      of: circuits.heads, on: batch(tours(12, seed: 21)))
    try check()
    let means = circuits.heads.map { Double(steps[$0]?.suppression ?? 0) }
    return (circuits, circuits.heads[means.greatest])
  }
}
