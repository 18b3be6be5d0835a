import Figures
import Foundation
import Pictures
import Tensors
import XCTest

final class FileTests: XCTestCase {
  private var directory = URL(fileURLWithPath: "/")

  override func setUpWithError() throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "figures-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  override func tearDownWithError() throws {
    try FileManager.default.removeItem(at: directory)
  }

  private var left: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() }
  }

  func testTheExtensionChoosesTheFormat() throws {
    let figure = Samples.heatMap
    for (name, start) in [
      ("a.png", [0x89, 0x50, 0x4E, 0x47]), ("b.SVG", Array("<?xml".utf8)),
      ("c.pdf", Array("%PDF-".utf8)),
    ] {
      let url = directory.appendingPathComponent(name)
      try figure.write(to: url)
      let data = try Data(contentsOf: url)
      XCTAssertEqual(Array(data.prefix(start.count)), start)
    }
    XCTAssertEqual(try left, ["a.png", "b.SVG", "c.pdf"])
  }

  func testPixelsFollowTheResolutionWhichIsInTheFile() throws {
    let size = try Samples.heatMap.size
    for dpi in [72.0, 200, 300] {
      let data = try Samples.heatMap.pngData(dpi: dpi)
      let pixels = try Pixels(png: data)
      XCTAssertEqual(pixels.width, Int((size.width * dpi / 72).rounded(.up)))
      XCTAssertEqual(pixels.height, Int((size.height * dpi / 72).rounded(.up)))
      let mark = try XCTUnwrap(data.range(of: Data("pHYs".utf8)))
      let number = data[mark.upperBound..<mark.upperBound + 4].reduce(0) { $0 << 8 | Int($1) }
      XCTAssertEqual(Double(number), dpi / 0.0254, accuracy: 0.5)
    }
  }

  func testVectorFilesHaveTheSizeInPoints() throws {
    let size = try Samples.heatMap.size
    let svg = String(decoding: try Samples.heatMap.data(as: .svg), as: UTF8.self)
    let box = try XCTUnwrap(svg.range(of: "viewBox=\"0 0 "))
    let numbers = svg[box.upperBound...].prefix { $0 != "\"" }.split(separator: " ")
    XCTAssertEqual(try XCTUnwrap(Double(numbers[0])), size.width, accuracy: 0.01)
    XCTAssertEqual(try XCTUnwrap(Double(numbers[1])), size.height, accuracy: 0.01)
  }

  func testTheSameValueGivesTheSameBytesTwice() throws {
    for format in FigureFormat.allCases {
      for (name, figure) in Samples.all {
        let first = try figure.data(as: format)
        // Something else is drawn in between, so that no counter stands where it stood.
        _ = try Samples.heatMap.data(as: format)
        XCTAssertEqual(first, try figure.data(as: format), "\(name) as \(format)")
      }
    }
  }

  func testTheSameValueGivesTheSameBytesOnManyThreads() throws {
    let expected = try Samples.all.mapValues { try $0.data(as: .svg) }
    let lock = NSLock()
    nonisolated(unsafe) var wrong: [String] = []
    DispatchQueue.concurrentPerform(iterations: 32) { _ in
      for (name, figure) in Samples.all where (try? figure.data(as: .svg)) != expected[name] {
        lock.withLock { wrong.append(name) }
      }
    }
    XCTAssertEqual(wrong, [])
  }

  /// The test runs itself once more in a process of its own, which draws into a directory.
  func testTheSameValueGivesTheSameBytesInAnotherProcess() throws {
    let key = "HEADLIGHT_FIGURES_OUTPUT"
    if let output = ProcessInfo.processInfo.environment[key] {
      try draw(into: URL(fileURLWithPath: output))
      return
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
    process.arguments = [
      "FiguresTests.FileTests/testTheSameValueGivesTheSameBytesInAnotherProcess"
    ]
    process.environment = ProcessInfo.processInfo.environment.merging([key: directory.path]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    XCTAssertEqual(process.terminationStatus, 0)
    XCTAssertEqual(try left.count, Samples.all.count * FigureFormat.allCases.count)
    for name in try left {
      let url = directory.appendingPathComponent(name)
      let figure = try XCTUnwrap(Samples.all[url.deletingPathExtension().lastPathComponent])
      let here = try figure.data(as: FigureFormat(fileAt: url))
      XCTAssertEqual(try Data(contentsOf: url), here, name)
    }
  }

  private func draw(into output: URL) throws {
    for (name, figure) in Samples.all {
      for format in FigureFormat.allCases {
        try figure.write(to: output.appendingPathComponent("\(name).\(format.rawValue)"))
      }
    }
  }

  func testUnknownExtension() throws {
    let figure = Samples.heatMap
    XCTAssertEqual(
      sentence(try figure.write(to: directory.appendingPathComponent("a.jpeg"))),
      "A figure is written as .png, .svg or .pdf, but a.jpeg ends in .jpeg; "
        + "choose one of the three.")
    XCTAssertEqual(
      sentence(try figure.write(to: directory.appendingPathComponent("a"))),
      "A figure is written as .png, .svg or .pdf, but a has no extension; "
        + "choose one of the three.")
    XCTAssertEqual(try left, [])
  }

  func testPlacesThatCannotBeWritten() throws {
    let figure = Samples.heatMap
    let nowhere = directory.appendingPathComponent("missing")
    XCTAssertEqual(
      sentence(try figure.write(to: nowhere.appendingPathComponent("a.png"))),
      "The figure could not be written to \(nowhere.path)/a.png (the folder \(nowhere.path) does not "
        + "exist; create it first); nothing was left behind.")
    let occupied = directory.appendingPathComponent("taken.png")
    try FileManager.default.createDirectory(at: occupied, withIntermediateDirectories: false)
    XCTAssertEqual(
      sentence(try figure.write(to: occupied)),
      "The figure could not be written to \(occupied.path) (it is a folder; choose another name); "
        + "nothing was left behind.")
    XCTAssertEqual(try left, ["taken.png"])
  }

  /// A limit on the size of files fails a write half way, as a full disk does.
  func testAFullDiskLeavesNothingBehindAndTheOldFileWhole() throws {
    let url = directory.appendingPathComponent("a.png")
    try Data("old".utf8).write(to: url)
    var limit = rlimit()
    #if os(Linux)
      let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
    #else
      let resource = RLIMIT_FSIZE
    #endif
    getrlimit(resource, &limit)
    let before = signal(SIGXFSZ, SIG_IGN)
    var small = limit
    small.rlim_cur = 1000
    setrlimit(resource, &small)
    let result = Result { try Samples.heatMap.write(to: url) }
    setrlimit(resource, &limit)
    signal(SIGXFSZ, before)
    XCTAssertEqual(
      sentence(try result.get()),
      "The figure could not be written to \(url.path) (file too large); nothing was left behind.")
    XCTAssertEqual(try left, ["a.png"])
    XCTAssertEqual(try Data(contentsOf: url), Data("old".utf8))
  }

  func testFiguresTooLargeToDrawAreRefused() throws {
    let huge = HeatMap(Tensor.zeros([1, 2500]), columns: tokens(2500))
    let refusal = sentence(try huge.pngData(dpi: 300))
    XCTAssertTrue(refusal.hasPrefix("The figure would be 75"), refusal)
    XCTAssertTrue(
      refusal.hasSuffix(
        "pixels, more than can be drawn; choose fewer rows and columns, "
          + "a lower resolution, SVG or PDF."), refusal)
    XCTAssertNoThrow(try huge.data(as: .svg))
    XCTAssertEqual(
      sentence(try Samples.heatMap.pngData(dpi: 0)),
      "A resolution is from 10 to 2400 dots an inch, not 0.0.")
  }
}

/// A small figure of every kind.
enum Samples {
  static let heatMap = HeatMap(
    Tensor([0, 0.25, 0.5, 1], shape: [2, 2]), rows: ["a", "b"], columns: ["c", "d"], title: "Map")

  static let all: [String: any Figure] = {
    let pattern = attention(heads: 3, queries: 4, keys: 5)
    let line = [0.2, 0.5, 0.4]
    var diverging = heatMap
    diverging.scale = .diverging
    diverging.values[0, 1] = .nan
    diverging.annotationDecimals = 1
    return [
      "heat-map": heatMap, "diverging": diverging,
      "head-view": HeadView(pattern, queries: hostileTokens(4), keys: tokens(5), title: "Heads"),
      "model-view": ModelView([pattern, pattern], queries: tokens(4), keys: tokens(5)),
      "neuron-view": NeuronView(
        query: Tensor([1, -1, 2]), keys: Tensor([1, 2, 3, -1, 0, 1], shape: [2, 3]), scale: 1,
        pattern: [0.5, 0.5], queryToken: "a", keyTokens: ["b", "c"]),
      "grid": HeatMapGrid.heads(of: pattern, queries: tokens(4), keys: tokens(5)),
      "line": LinePlot([.init("x", line, interval: .init(around: line, plusMinus: line))]),
      "bar": BarPlot(groups: ["a", "b", "c"], [.init("x", line), .init("y", line)]),
      "scatter": ScatterPlot([.init("x", [.init(0, 1, label: "a"), .init(1, 3, label: "b")])]),
    ]
  }()
}
