import Tensors

extension Tensor {
  /// A matrix from numbers of rows and columns.
  init(_ rows: Int, _ columns: Int, _ value: (_ row: Int, _ column: Int) throws -> Double) rethrows
  {
    var values: [Float] = []
    for row in 0..<rows {
      for column in 0..<columns { values.append(Float(try value(row, column))) }
    }
    self.init(values, shape: [rows, columns])
  }
}
