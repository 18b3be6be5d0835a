import Tensors

/// The type of a stored tensor's elements, by its name in a safetensors header.
public enum ElementType: String, CaseIterable, Sendable {
  // In the order of the reference implementation, which lays tensors out by it.
  case bool = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case int16 = "I16"
  case uint16 = "U16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case uint32 = "U32"
  case float32 = "F32"
  case float64 = "F64"
  case int64 = "I64"
  case uint64 = "U64"

  /// The size of one element in bytes.
  public var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .float64, .int64, .uint64: 8
    }
  }

  /// Whether elements are whole numbers; truth values count as 0 and 1.
  public var isInteger: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: false
    default: true
    }
  }

  /// What a tensor that stays in sixteen bits is told of them; nil for other types.
  var narrowFormat: NarrowValues.Format? {
    switch self {
    case .float16: .float16
    case .bfloat16: .bfloat16
    default: nil
    }
  }

  package static let supported = allCases.map(\.rawValue).joined(separator: ", ")
}
