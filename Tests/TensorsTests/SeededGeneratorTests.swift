import Tensors
import XCTest

final class SeededGeneratorTests: XCTestCase {
  func testThePublishedNumbers() {
    // Output of the reference implementation in C, by Vigna, for the seed 1234567.
    var generator = SeededGenerator(seed: 1_234_567)
    XCTAssertEqual(
      (0..<5).map { _ in generator.next() },
      [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  func testThePublishedNumbersOfAKey() {
    // RFC 8439, appendix A.1, test vectors 1 and 2: a key of zeros, blocks 0 and 1.
    var zeros = SeededGenerator(key: SIMD8())
    XCTAssertEqual(zeros.next(), 0x903D_F1A0_ADE0_B876)
    XCTAssertEqual(zeros.next(), 0x7A38_5155_BEE7_079F)
    // The key 00 01 … 1f: ChaCha20 of Python's `cryptography` 48.
    var counting = SeededGenerator(
      key: SIMD8(
        0x0302_0100, 0x0706_0504, 0x0B0A_0908, 0x0F0E_0D0C, 0x1312_1110, 0x1716_1514, 0x1B1A_1918,
        0x1F1E_1D1C))
    let numbers = (0..<300).map { _ in counting.next() }
    XCTAssertEqual(
      [numbers[0], numbers[1], numbers[2], numbers[299]],
      [
        7_645_359_380_336_737_593, 15_107_015_631_591_094_296, 15_389_444_961_492_398_658,
        15_776_827_104_292_784_121,
      ])
  }

  func testTheSameSeedGivesTheSameTensorAndAnotherAnother() {
    XCTAssertEqual(random([3, 5], seed: 4), random([3, 5], seed: 4))
    XCTAssertNotEqual(random([3, 5], seed: 4), random([3, 5], seed: 5))
  }

  func testACopyContinuesFromWhereItWasMade() {
    var generator = SeededGenerator(seed: 1)
    _ = generator.next()
    var copy = generator
    XCTAssertEqual(copy.next(), generator.next())
  }

  func testNormalMoments() {
    var generator = SeededGenerator(seed: 42)
    let count = 400_000
    let values = Tensor.randomNormal([count], standardDeviation: 2, using: &generator).doubles
    let scaled = values.map { $0 / 2 }
    func moment(_ power: Int) -> Double {
      scaled.reduce(0) { sum, x in sum + (0..<power).reduce(1.0) { p, _ in p * x } }
        / Double(count)
    }
    // Mean, variance, skewness, kurtosis 0, 1, 0, 3; within five standard errors √(1, 2, 15, 96 / n).
    XCTAssertEqual(moment(1), 0, accuracy: 5 * (1 / Double(count)).squareRoot())
    XCTAssertEqual(moment(2), 1, accuracy: 5 * (2 / Double(count)).squareRoot())
    XCTAssertEqual(moment(3), 0, accuracy: 5 * (15 / Double(count)).squareRoot())
    XCTAssertEqual(moment(4), 3, accuracy: 5 * (96 / Double(count)).squareRoot())
    // 4.55 % lie beyond two standard deviations.
    let beyond = Double(scaled.count { abs($0) > 2 }) / Double(count)
    XCTAssertEqual(beyond, 0.0455, accuracy: 5 * (0.0455 / Double(count)).squareRoot())
    XCTAssertTrue(values.allSatisfy(\.isFinite))
  }

  func testUniformValuesFillTheirRangeEvenly() {
    var generator = SeededGenerator(seed: 9)
    let values = Tensor.randomUniform([100_000], in: -1..<3, using: &generator).doubles
    XCTAssertTrue(values.allSatisfy { $0 >= -1 && $0 < 3 })
    let mean = values.reduce(0, +) / 100_000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 100_000
    // Mean 1 and variance 16/12, within five standard errors.
    XCTAssertEqual(mean, 1, accuracy: 5 * (4.0 / 3 / 100_000).squareRoot())
    XCTAssertEqual(variance, 4.0 / 3, accuracy: 0.02)
  }
}
