import ArgumentParser
import Foundation
import Laboratory
import Training

struct TrainTranslator: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "translator",
    abstract: "Train the translator on its generated corpus, and measure it.",
    discussion: """
      Use a release build: swift run -c release headlight train translator

      The seed decides the first weights and the order of the batches, so the same seed gives the \
      same model. A checkpoint is written every so many steps, and on Ctrl-C; the same command then \
      goes on from there. At the end the output directory holds config.json, model.safetensors in \
      half precision, tokenizer.json, losses.png and measures.json, measured on the model as stored.
      """)

  @OptionGroup var options: TrainingOptions

  func run() throws {
    try options.run("translator") {
      var recipe = TranslatorRecipe(seed: options.seed)
      if let steps = options.steps { recipe.steps = steps }
      return try TranslatorTrainer(recipe: recipe)
    } measure: {
      try MeasuredTranslator(directory: $0).measureAndWrite()
    }
  }
}
