import Answering
import ArgumentParser
import Coursework
import Files
import Foundation
import Grading

struct GradescopeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gradescope",
    abstract: "Write the zip that makes Gradescope grade a sheet.",
    discussion: """
      Upload it under “Configure Autograder”. It holds the package without solutions, the secret \
      seed, setup.sh, which installs the Swift toolchain and builds Headlight there, and \
      run_autograder, which leaves a valid results.json behind whatever happens.

      With the seed file of `headlight grade`, Gradescope asks the same hidden questions as you do. \
      Without one a seed is drawn, for this zip alone.
      """)

  @Option(help: ArgumentHelp("The sheet's number.", valueName: "number"))
  var sheet: Int
  @Option(help: ArgumentHelp("The file that holds the secret seed.", valueName: "file"))
  var seedFile: String?
  @Option(help: ArgumentHelp("The zip to write.", valueName: "file"))
  var output: String

  func run() throws {
    let seed: Data
    if let seedFile {
      do { seed = try Data(contentsOf: URL(filePath: seedFile)) } catch {
        throw CommandError("the seed file \(seedFile) could not be read; name a file that is there")
      }
    } else {
      var generator = SystemRandomNumberGenerator()
      let words = (0..<4).map { _ in UInt64.random(in: 0 ... .max, using: &generator) }
      seed = Data((words.map { String($0, radix: 16) }.joined() + "\n").utf8)
    }
    let zip = try AutograderBundle(
      course: PackageCheckout.courseFolder(), sheet: try SheetChoice.sheet(sheet), seed: seed
    ).zip()
    do throws(FileError) { try AtomicFile.write(zip, to: URL(filePath: output)) } catch {
      throw CommandError("\(error)")
    }
    Terminal.standardOutput.print(
      "\(printable(output)) (\(zip.count / 1_000) kB) is what Gradescope takes as an autograder; it "
        + "holds the secret seed, so keep it from students.")
  }
}
