import ArgumentParser
import Foundation
import Laboratory
import Training

struct TrainReader: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reader",
    abstract: "Train the reader on its generated world, and measure it.",
    discussion: """
      Use a release build: swift run -c release headlight train reader

      A decoder that knows a small world in plain English. Its siblings show what it does not: \
      movers (name movers), tours (copy suppression), wide. The seed decides the first weights and \
      all texts; the world is always the same. A checkpoint is written every so many steps, and on \
      Ctrl-C; the same command then goes on from there. At the end the output directory holds \
      config.json, model.safetensors in half precision, tokenizer.json, losses.png, losses-by-kind.png and measures.json, measured on the \
      model as stored; and, in a folder of its own, the model as it was early in the training.
      """)

  @Option(
    help: ArgumentHelp(
      "Which reader: \(ReaderRecipe.Name.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "name"))
  var recipe = ReaderRecipe.Name.reader
  @OptionGroup var options: TrainingOptions

  func run() throws {
    try options.run("reader") {
      var recipe = ReaderRecipe(recipe, seed: options.seed)
      if let steps = options.steps { recipe.steps = steps }
      return ReaderTrainer(recipe: recipe)
    } measure: {
      try MeasuredReader(directory: $0).measureAndWrite()
    }
  }
}

extension ReaderRecipe.Name: ExpressibleByArgument {}
