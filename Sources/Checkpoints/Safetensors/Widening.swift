import Tensors

#if _endian(big)
  #error("safetensors data is little-endian and is read without reordering")
#endif

/// Turns stored elements into Float32 values.
///
/// F16, BF16 and whole numbers below 2²⁴ are exact; the rest is rounded to nearest.
func widen(
  _ source: UnsafeRawBufferPointer, _ type: ElementType, into target: UnsafeMutablePointer<Float>
) {
  switch type {
  case .bool: convert(source, into: target) { (element: UInt8) in element == 0 ? 0 : 1 }
  case .uint8: convert(source, into: target) { (element: UInt8) in Float(element) }
  case .int8: convert(source, into: target) { (element: Int8) in Float(element) }
  case .int16: convert(source, into: target) { (element: Int16) in Float(element) }
  case .uint16: convert(source, into: target) { (element: UInt16) in Float(element) }
  case .float16, .bfloat16:
    let elements = source.bindMemory(to: UInt16.self)
    guard let start = elements.baseAddress else { return }
    type.narrowFormat!.widen(start, into: target, count: elements.count)
  case .int32: convert(source, into: target) { (element: Int32) in Float(element) }
  case .uint32: convert(source, into: target) { (element: UInt32) in Float(element) }
  case .float32: convert(source, into: target) { (element: Float) in element }
  case .float64: convert(source, into: target) { (element: Double) in Float(element) }
  case .int64: convert(source, into: target) { (element: Int64) in Float(element) }
  case .uint64: convert(source, into: target) { (element: UInt64) in Float(element) }
  }
}

@inline(__always)
private func convert<Element>(
  _ source: UnsafeRawBufferPointer, into target: UnsafeMutablePointer<Float>,
  _ widened: (Element) -> Float
) {
  let elements = source.bindMemory(to: Element.self)
  for index in 0..<elements.count { target[index] = widened(elements[index]) }
}

/// A value in half precision, rounded to nearest, ties to even; without a call for each where the
/// processor does not convert.
@inline(__always)
package func half(_ value: Float) -> UInt16 {
  let bits = value.bitPattern
  let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
  let magnitude = bits & 0x7FFF_FFFF
  // From 65520 on the nearest is infinity.
  if magnitude >= 0x477F_F000 { return sign | (magnitude > 0x7F80_0000 ? 0x7E00 : 0x7C00) }
  if magnitude < 113 << 23 {
    // Added to ½, the units of a subnormal stand at the end of the fraction, rounded.
    let sum = Float(bitPattern: magnitude) + 0.5
    return sign | UInt16(truncatingIfNeeded: sum.bitPattern &- Float(0.5).bitPattern)
  }
  let odd = (magnitude >> 13) & 1
  return sign | UInt16(truncatingIfNeeded: (magnitude &- (112 << 23) &+ 0xFFF &+ odd) >> 13)
}
