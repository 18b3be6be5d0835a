import Foundation

/// Makes the names inside an SVG file depend on the drawing alone.
enum SVGNames {
  /// Numbers `surface17`, which counts all surfaces the process ever made, from 1 in each file.
  ///
  /// Text is drawn as outlines, so no letters of a label can be mistaken for such a name.
  static func normalised(_ svg: Data) -> Data {
    let name = Array("surface".utf8)
    var numbers: [[UInt8]: Int] = [:]
    var result = Data(capacity: svg.count)
    var copied = svg.startIndex
    var search = svg.startIndex
    while let found = svg.range(of: Data(name), in: search..<svg.endIndex) {
      var end = found.upperBound
      while end < svg.endIndex, svg[end] >= 0x30 && svg[end] <= 0x39 { end += 1 }
      search = end
      if end == found.upperBound { continue }
      let digits = Array(svg[found.upperBound..<end])
      let number = numbers[digits] ?? numbers.count + 1
      numbers[digits] = number
      result.append(svg[copied..<found.upperBound])
      result.append(contentsOf: Array(String(number).utf8))
      copied = end
    }
    result.append(svg[copied...])
    return result
  }
}
