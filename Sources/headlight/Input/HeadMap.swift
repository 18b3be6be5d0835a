import Figures
import Tensors

extension HeatMap {
  /// A number of every head of a model: a row a layer, a column a head.
  ///
  /// - Parameter values: In the order of layers and heads.
  static func heads(_ values: [Float], columns: Int, title: String, values name: String) -> HeatMap
  {
    let rows = values.count / columns
    var map = HeatMap(
      Tensor(values, shape: [rows, columns]), rows: (0..<rows).map(String.init),
      columns: (0..<columns).map(String.init), title: title)
    map.rowTitle = "layer"
    map.columnTitle = "head"
    map.valueTitle = name
    if values.contains(where: { $0 < 0 }) { map.scale = .diverging }
    return map
  }
}
