/// The model that a sheet's figures are drawn of, when it is not the sheet's own.
///
/// What is checked stays with the sheet's own model: its answers are known.
package struct FigureModel: Equatable, Sendable {
  /// What `--model` names.
  package var value: String
  /// The model's short name, after which the figures' folder is called.
  package var name: String

  package init(value: String, name: String) {
    self.value = value
    self.name = name
  }

  /// The model of the figure that is being drawn, or nil for the sheet's own.
  @TaskLocal package static var current: FigureModel?
}
