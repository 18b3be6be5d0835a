import XCTest

@testable import headlight

final class TokenRowsTests: XCTestCase {
  private func sentence(_ text: String) -> String? {
    do {
      _ = try TokenRows(text)
      return nil
    } catch { return "\(error)" }
  }

  func testIdsByCommasAndRowsBySemicolons() throws {
    XCTAssertEqual(try TokenRows("5,6;7,8").rows, [[5, 6], [7, 8]])
    XCTAssertEqual(try TokenRows("0").rows, [[0]])
    XCTAssertEqual(try TokenRows(" 5 , 6 ; 7 , 8 ").rows, [[5, 6], [7, 8]])
  }

  func testWhatIsNoIdIsNamedWithItsPlace() {
    XCTAssertEqual(
      sentence("5,x"), "“x” in row 1 is no token id; ids are whole numbers from 0")
    XCTAssertEqual(
      sentence("5;-6"), "“-6” in row 2 is no token id; ids are whole numbers from 0")
    XCTAssertEqual(
      sentence("99999999999999999999"),
      "“99999999999999999999” in row 1 is no token id; ids are whole numbers from 0")
    XCTAssertEqual(
      sentence("5.0"), "“5.0” in row 1 is no token id; ids are whole numbers from 0")
  }

  func testEmptyPlacesAndRowsAreRefused() {
    XCTAssertEqual(
      sentence("5,,6"), "place 2 of row 1 is empty; write one id between two commas")
    XCTAssertEqual(
      sentence("5,6;7,"), "place 2 of row 2 is empty; write one id between two commas")
    XCTAssertEqual(sentence("5,6;"), "row 2 is empty; write rows as in 5,6;7,8")
    XCTAssertEqual(
      sentence(" "), "there is no id in it; write ids as in 5,6 and rows as in 5,6;7,8")
  }

  func testRowsOfDifferentLengthsAreRefused() {
    XCTAssertEqual(
      sentence("5,6;7"),
      "row 2 has 1 number where row 1 has 2; the rows of a batch have one length: fill shorter ones "
        + "up, with 0 in --attention-mask")
  }

  func testAMaskIsZerosAndOnesWithAOneInEveryRow() throws {
    XCTAssertEqual(try TokenRows("1,1;0,1").mask(), [[true, true], [false, true]])
    XCTAssertThrowsError(try TokenRows("1,1;2,1").mask()) {
      XCTAssertEqual("\($0)", "row 2 holds 2; a mask is 1 for a token and 0 for padding")
    }
    XCTAssertThrowsError(try TokenRows("1,1;0,0").mask()) {
      XCTAssertEqual("\($0)", "row 2 is all padding; a row needs at least one token")
    }
  }
}
