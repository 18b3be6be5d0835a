/// Values found beside values wanted, and the usual reasons why they differ.
struct Comparison {
  let found: [Float]
  let wanted: [Float]
  let axes: Axes
  let tolerance: Float

  func error(at place: Int) -> Float {
    found[place] == wanted[place] ? 0 : abs(found[place] - wanted[place])
  }

  var wrongPlaces: [Int] { found.indices.filter { !close(found[$0], wanted[$0]) } }

  private func close(_ a: Float, _ b: Float) -> Bool {
    // An infinity is matched by itself alone: a tolerance relative to it would let anything pass.
    a == b || b.isFinite && abs(a - b) <= tolerance * max(1, abs(b))
  }

  /// What is wrong with the values found, as the end of a sentence, or nil when nothing usual is.
  var diagnosis: String? {
    guard found.count > 1 else { return nil }
    return swappedAxes ?? shifted ?? sameEverywhere ?? scaled ?? offset
  }

  private var swappedAxes: String? {
    for first in axes.shape.indices {
      for second in axes.shape.indices where second > first {
        guard axes.shape[first] == axes.shape[second], axes.shape[first] > 1 else { continue }
        let isSwap = found.indices.allSatisfy { place in
          var indices = axes.indices(of: place)
          indices.swapAt(first, second)
          let other = indices.indices.reduce(0) { $0 + indices[$1] * axes.stride(of: $1) }
          return close(found[place], wanted[other])
        }
        if isSwap {
          return "is transposed: \(axes.words(first)) and \(axes.words(second)) are swapped"
        }
      }
    }
    return nil
  }

  /// Whether every slice along an axis holds what belongs to its neighbour.
  private var shifted: String? {
    for axis in axes.shape.indices where axes.shape[axis] > 2 {
      let stride = axes.stride(of: axis)
      for step in [1, -1] {
        let places = found.indices.filter {
          (0..<axes.shape[axis]).contains($0 / stride % axes.shape[axis] + step)
        }
        guard
          places.allSatisfy({ close(found[$0], wanted[$0 + step * stride]) }),
          // Where neighbours are alike anyway, a match says nothing.
          places.contains(where: { !close(wanted[$0], wanted[$0 + step * stride]) })
        else { continue }
        return "is off by one along \(axes.words(axis)): place 1 holds what belongs at place "
          + "\(1 + step)"
      }
    }
    return nil
  }

  private var sameEverywhere: String? {
    found.allSatisfy { $0 == found[0] } ? "holds the same value everywhere" : nil
  }

  private var scaled: String? {
    var product = 0.0
    var square = 0.0
    for (value, target) in zip(found, wanted) where target.isFinite {
      product += Double(value) * Double(target)
      square += Double(target) * Double(target)
    }
    let factor = Float(product / square)
    guard factor.isFinite, abs(factor) > 1e-6, abs(factor - 1) > tolerance else { return nil }
    guard
      zip(found, wanted).allSatisfy({ value, target in
        close(value / factor, target) && close(value, target * factor)
      })
    else { return nil }
    if abs(factor + 1) < 1e-3 { return "has the wrong sign" }
    return "is \(rounded(factor)) times what it should be, everywhere"
  }

  private var offset: String? {
    let pairs = zip(found, wanted).filter { $0.0.isFinite && $0.1.isFinite }
    guard pairs.count > 1 else { return nil }
    let mean = pairs.reduce(0) { $0 + Double($1.0) - Double($1.1) } / Double(pairs.count)
    let difference = Float(mean)
    guard pairs.allSatisfy({ close($0.0 - difference, $0.1) }) else { return nil }
    return "is \(rounded(abs(difference))) too \(difference < 0 ? "small" : "large") everywhere"
  }

  private func rounded(_ value: Float) -> String {
    let digits = (Double(value) * 1000).rounded() / 1000
    return digits == 0 ? "\(value)" : "\(digits)"
  }
}
