import Interpretability
import Interventions
import Laboratory
import Tensors
import Transformers

extension ReaderPhenomenon {
  /// The logit lens and the token identity Patchscope, layer by layer.
  static func lenses(_ model: Transformer, _ split: ReaderSplit) throws -> [ReaderPhenomenon] {
    var writer = ReaderWriter(split: split, seed: 4)
    // One position a text, drawn by cutting it there.
    let states = try (0..<400).map { index in
      let kind: ReaderKind = [.facts, .narrative, .idioms, .twoHops][index % 4]
      let words = writer.text(kind).words
      let cut = 1 + writer.random.below(words.count - 1)
      return try model.residualStates(
        of: ModelInput(ReaderVocabulary.encode(Array(words.prefix(cut)))), at: .last)
    }
    let all = ResidualStates(.concatenation(states.map(\.values), axis: 1), lastIsNormed: false)
    let lens = LensReading(logits: model.logits(of: all))
    /// Figures of layers 0, 1, …
    func layers(_ values: [Double]) -> [(String, Double)] {
      values.enumerated().map { ("layer \($0)", $1) }
    }
    let prompt = ["cat", "->", "cat", ";", "ten", "->", "ten", ";", "piano", "->", "piano", ";"]
    let prose = ["One", "day", "Anna", "went", "to", "the", "garden", ".", "There", "he", "met"]
    func scope(_ words: [String]) throws -> [Double] {
      try TokenIdentity(model, prompt: ReaderVocabulary.encode(words + ["house"]))
        .reading(of: all).precision.map(\.mean)
    }
    return [
      ReaderPhenomenon(
        "logit lens, prec@1", layers(lens.precision.map(\.mean)),
        published: "Near zero in early layers of models of 6 to 13 billion parameters, then rising."
      ),
      ReaderPhenomenon(
        "logit lens, surprisal in nats", layers(lens.surprisal.map(\.mean)),
        published: "Falls with the layers."),
      ReaderPhenomenon(
        "token identity Patchscope, prec@1", layers(try scope(prompt)),
        published: "Above the logit lens from early layers on, by up to 98 % more (Ghandeharioun "
          + "et al., 2024)."),
      ReaderPhenomenon(
        "the same with a prompt of plain prose, as a control", layers(try scope(prose)),
        published: "Not reported."),
    ]
  }
}
