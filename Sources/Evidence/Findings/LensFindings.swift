import Interpretability
import Interventions
import Laboratory
import Tensors
import Transformers

extension Finding {
  static let lensFindings = [logitLens, tunedLens, tokenIdentity, futureLens]

  /// What the logit lens reads by depth.
  private static let logitLens = Finding(
    name: "logit-lens", title: "The logit lens reads more with every layer", sheet: 5,
    paper: Paper(
      "nostalgebraist", "interpreting GPT: the logit lens", 2020,
      "lesswrong.com/posts/AcKRB8wDpdaN6v6ru"),
    published: [
      PublishedFigure(
        "prec@1 near zero in early layers, then rising to 1 (Ghandeharioun et al., 2024)",
        of: "GPT-J 6B, Pythia 12B, LLaMA2 13B, Vicuna 13B")
    ],
    measured:
      "How often the likeliest token of the logit lens is the model's own, at the last word "
      + "of texts that are cut at random.",
    rule: Rule(
      .above(0, "from a third of the blocks to all but one"),
      .below(0.25, "after a third of the blocks"), .above(0.5, "after all blocks but one")),
    version: 1, asks: .decoders, needs: "a decoder"
  ) { subject in
    try subject.needsDecoder()
    let states = try subject.lensStates(subject.isLarge ? 200 : 400, seed: 4)
    let cells = subject.model.reading(of: states).cells
    func agrees(_ layer: Int) -> [Double] { cells[layer].map { $0.agrees ? 1 : 0 } }
    let (third, last) = (subject.layers / 3, subject.layers - 1)
    return [
      try .mean("after a third of the blocks", of: agrees(third), "texts"),
      try .mean("after all blocks but one", of: agrees(last), "texts"),
      try .difference(
        "from a third of the blocks to all but one", agrees(last), agrees(third), "texts"),
      try .mean(
        "surprisal in nats after a third of the blocks",
        of: cells[third].map { Double($0.surprisal) }, "texts", isShare: false),
    ]
  }

  /// The tuned lens against the logit lens.
  private static let tunedLens = Finding(
    name: "tuned-lens", title: "The tuned lens is nearer at every layer", sheet: 5,
    paper: Paper(
      "Belrose et al.", "Eliciting Latent Predictions from Transformers with the Tuned Lens", 2023,
      "arXiv:2303.08112"),
    published: [
      PublishedFigure(
        "less KL than the logit lens at every layer", of: "Pythia, GPT-Neo, OPT and others")
    ],
    measured:
      "KL from the model's distribution, logit lens less tuned lens, where that is least of "
      + "all layers; the lens is trained on other texts.",
    rule: Rule(.above(0, "nats saved where the tuned lens saves least")),
    version: 1, asks: [.reader, .tours],
    needs: "a model so small that a lens is trained in a minute"
  ) { subject in
    let training = try subject.states(subject.texts(300, split: .training, seed: 6))
    try subject.check()
    let lens = TunedLens(training: training, of: subject.model, seed: 1)
    try subject.check()
    let states = try subject.lensStates(300, seed: 4)
    let plain = subject.model.reading(of: states).cells
    let tuned = subject.model.reading(of: states, through: lens).cells
    let saved = (0..<subject.layers).map { layer in
      zip(plain[layer], tuned[layer]).map { Double($0.divergence - $1.divergence) }
    }
    let least = saved.map { -$0.mean }.greatest
    return [
      try .mean(
        "nats saved where the tuned lens saves least", of: saved[least], "texts", isShare: false),
      try .mean(
        "nats saved, mean of layers",
        of: saved[0].indices.map { text in saved.map { $0[text] }.mean }, "texts", isShare: false),
    ]
  }

  /// The token identity Patchscope against the logit lens.
  private static let tokenIdentity = Finding(
    name: "token-identity", title: "Token identity reads early layers better", sheet: 5,
    paper: patchscopes,
    published: [
      PublishedFigure(
        "better than the logit lens and the tuned lens from layer 10 on",
        of: "GPT-J 6B, Pythia 12B, LLaMA2 13B, Vicuna 13B")
    ],
    measured:
      "prec@1 of a state that is put into “cat -> cat ; ten -> ten ; piano -> piano ; x”, less "
      + "that of the logit lens: the mean over the first half of the blocks and over the second.",
    rule: Rule(
      .above(0.05, "gain in the second quarter to half"), .above(0, "gain in the second half")),
    version: 1, asks: .decoders, needs: "a decoder"
  ) { subject in
    try subject.needsDecoder()
    let prompts = [
      "cat -> cat ; ten -> ten ; piano -> piano ; house",
      "One day Anna went to the garden . There he met house",
    ]
    let states = try subject.lensStates(subject.isLarge ? 60 : 300, seed: 4)
    func agrees(_ cells: [[LensReading.Cell]], _ layers: Range<Int>) -> [Double] {
      cells[0].indices.map { text in layers.map { cells[$0][text].agrees ? 1 : 0 }.mean }
    }
    let lens = subject.model.reading(of: states).cells
    let scopes = try prompts.map { prompt in
      try subject.check()
      return try TokenIdentity(subject.model, prompt: subject.ids(prompt)).reading(of: states)
        .cells
    }
    let count = subject.layers
    let (early, late) = ((count / 4 + 1)..<(count / 2 + 1), (count / 2 + 1)..<count)
    return [
      try .difference(
        "gain in the second quarter to half", agrees(scopes[0], early), agrees(lens, early),
        "texts"),
      try .difference(
        "gain in the second half", agrees(scopes[0], late), agrees(lens, late), "texts"),
      try .difference(
        "the same with a prompt of plain prose, second quarter to half", agrees(scopes[1], early),
        agrees(lens, early), "texts"),
    ]
  }

  /// What a state says of the token after the next.
  private static let futureLens = Finding(
    name: "future-lens", title: "A state tells the token after the next", sheet: 5,
    paper: Paper(
      "Pal et al.", "Future Lens: Anticipating Subsequent Tokens from a Single Hidden State", 2023,
      "arXiv:2311.04897"),
    published: [
      PublishedFigure("over 48 % of the tokens after the next", of: "GPT-J 6B", level: 0.48)
    ],
    measured:
      "How often a linear map from a state at t to the last state at t + 1, fitted on other "
      + "texts, gives the model's own choice there; and how often the likeliest token after the next "
      + "of the same word does, counted on the same texts.",
    rule: Rule(
      .above(0.24, "right at the best layer"), .above(0, "above counting, at the best layer")),
    version: 1, asks: .decoders, needs: "a decoder"
  ) { subject in
    try subject.needsDecoder()
    let count = subject.isLarge ? 250 : 500
    let fitted = try subject.texts(count, split: .training, seed: 8)
    let states = try fitted.map { text in
      try subject.check()
      return try subject.states([text])
    }
    let lens = FutureLens(fitting: states, distance: 1, ridge: 1e-3)
    func choices(_ states: ResidualStates) -> [Int] {
      let last = states.values[at: states.layerCount - 1]
      return subject.model.logits(ofNormed: subject.model.finalNorm(last)).argmax()
    }
    var counts: [Int: [Int: Int]] = [:]
    for (text, states) in zip(fitted, states) {
      for (place, choice) in choices(states).enumerated().dropFirst() {
        counts[text[place - 1], default: [:]][choice, default: 0] += 1
      }
    }
    let layers =
      subject.isLarge
      ? Array(stride(from: 0, through: subject.layers, by: 5))
      : Array(0...subject.layers)
    var right = layers.map { _ in [Double]() }
    var (counted, groups) = ([Double](), [Int]())
    for (index, text) in try subject.texts(120, seed: 9).enumerated() where text.count > 2 {
      try subject.check()
      let states = try subject.states([text])
      let goals = Array(choices(states).dropFirst())
      for (number, layer) in layers.enumerated() {
        let now = states.values[at: layer].slice(0..<goals.count)
        let said = lens.logits(of: now, layer: layer, in: subject.model).argmax()
        right[number] += zip(said, goals).map { $0 == $1 ? 1 : 0 }
      }
      for (place, goal) in goals.enumerated() {
        let known = counts[text[place]] ?? [:]
        let likeliest = known.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
        counted.append(likeliest == goal ? 1 : 0)
        groups.append(index)
      }
    }
    let chosen = groups.indices.filter { groups[$0] % 2 == 0 }
    let kept = groups.indices.filter { groups[$0] % 2 == 1 }
    let best = right.map { values in chosen.map { values[$0] }.mean }.greatest
    let own = kept.map { right[best][$0] }
    return [
      try .mean("right at the best layer", of: own, groups: kept.map { groups[$0] }, "texts"),
      try .difference(
        "above counting, at the best layer", own, kept.map { counted[$0] },
        groups: kept.map { groups[$0] }, "texts"),
    ]
  }

  /// Where Patchscopes were published.
  static let patchscopes = Paper(
    "Ghandeharioun et al.",
    "Patchscopes: A Unifying Framework for Inspecting Hidden Representations of Language Models",
    2024, "arXiv:2401.06102")
}

extension MeasuredModel {
  /// The states of some texts at every position.
  func states(_ texts: [[Int]]) throws -> ResidualStates {
    try model.residualStates(of: batch(texts))
  }

  /// The states of texts at the words they are cut behind, one a text.
  func lensStates(_ count: Int, seed: UInt64) throws -> ResidualStates {
    var generator = SeededGenerator(seed: seed)
    let least = readsWords ? 2 : 3
    let prompts = TrimmedPrompts.drawn(
      from: try texts(count, seed: seed), minimum: least, using: &generator)
    let states = try stride(from: 0, to: prompts.count, by: 16).map { start in
      try check()
      return try model.residualStates(
        of: batch(Array(prompts[start..<min(start + 16, prompts.count)])), at: .last
      ).values
    }
    return ResidualStates(.concatenation(states, axis: 1), lastIsNormed: false)
  }
}
