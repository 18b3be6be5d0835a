import Files
import Foundation

/// Makes a folder of the hub's and those above it.
func makeFolder(_ url: URL) throws(HubError) {
  do {
    try Files.makeFolder(url)
  } catch {
    throw HubError("the folder \(error.path) cannot be made: \(error.reason)")
  }
}
