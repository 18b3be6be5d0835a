import Tensors
import XCTest

final class BufferPoolTests: XCTestCase {
  func testABufferComesBackForItsSize() {
    let pool = BufferPool(limit: 1 << 20)
    let buffer = pool.take(byteCount: 100_000)
    pool.give(buffer, byteCount: 100_000)
    XCTAssertGreaterThanOrEqual(pool.held, 100_000)
    // Another size has another shelf, almost the same size the same one.
    let larger = pool.take(byteCount: 200_000)
    XCTAssertNotEqual(larger, buffer)
    XCTAssertEqual(pool.take(byteCount: 99_000), buffer)
    XCTAssertEqual(pool.held, 0)
    pool.give(larger, byteCount: 200_000)
    pool.give(buffer, byteCount: 99_000)
  }

  func testNoMoreIsKeptThanTheLimit() {
    let pool = BufferPool(limit: 1 << 20)
    let sizes = (0..<40).map { 40_000 + 7_000 * ($0 % 20) }
    let buffers = sizes.map { pool.take(byteCount: $0) }
    for (buffer, size) in zip(buffers, sizes) {
      pool.give(buffer, byteCount: size)
      XCTAssertLessThanOrEqual(pool.held, 1 << 20)
    }
    XCTAssertGreaterThan(pool.held, 1 << 19)
    // What is larger than the limit is not kept.
    let held = pool.held
    pool.give(pool.take(byteCount: 2 << 20), byteCount: 2 << 20)
    XCTAssertEqual(pool.held, held)
  }

  func testWhatCameBackLastStays() {
    let pool = BufferPool(limit: 300_000)
    let (old, new) = (pool.take(byteCount: 131_072), pool.take(byteCount: 65_536))
    let more = pool.take(byteCount: 131_072)
    pool.give(old, byteCount: 131_072)
    pool.give(new, byteCount: 65_536)
    pool.give(more, byteCount: 131_072)
    XCTAssertEqual(pool.held, 262_144)
    XCTAssertEqual(pool.take(byteCount: 131_072), more)
    XCTAssertEqual(pool.take(byteCount: 131_072), old)
    XCTAssertEqual(pool.held, 0)
    for buffer in [old, more] { pool.give(buffer, byteCount: 131_072) }
  }

  func testSmallBuffersAreNotKept() {
    let pool = BufferPool(limit: 1 << 20)
    pool.give(pool.take(byteCount: 64), byteCount: 64)
    XCTAssertEqual(pool.held, 0)
  }

  func testTensorsOfZerosAreZerosInMemoryThatWasUsed() {
    for _ in 0..<3 {
      _ = Tensor(repeating: 7, shape: [20_000])
      XCTAssertEqual(Tensor.zeros([20_000]).sum().scalar, 0)
    }
  }
}
