/// Stops the program with a message when a condition does not hold.
///
/// The standard library's function of this name says nothing where code is optimised, and rooms that
/// work on numbers always are: a student would learn that something was wrong, and not what.
@inline(__always)
package func precondition(
  _ condition: @autoclosure () -> Bool,
  _ message: @autoclosure () -> String = "a condition of the program does not hold",
  file: StaticString = #fileID, line: UInt = #line
) {
  if !condition() { fatalError(message(), file: file, line: line) }
}
