import ArgumentParser

/// What every picture can be asked for.
struct PictureOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: "The title; one that says what is drawn when left out, none when empty.")
  var title: String?
  @Option(help: "Pixels an inch, in a PNG.")
  var dpi = 200.0

  func validate() throws {
    guard dpi.isFinite, (10...2_400).contains(dpi) else {
      throw ValidationError("--dpi is \(dpi), and must be from 10 to 2400")
    }
  }
}
