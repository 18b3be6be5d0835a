import Figures
import Tensors
import Transformers

extension AttentionRun {
  /// A page of the attention that is asked for: of all there is where nothing narrows it.
  ///
  /// - Throws: ``CommandError`` when a stack, a layer or a head is not there.
  func page(
    _ view: AttentionPage.View, stack: StackChoice?, layer: Int? = nil, heads: [Int]? = nil,
    leavesFirstOut: Bool, title: String?
  ) throws -> AttentionPage {
    let choices: [StackChoice?] =
      stack == nil && configuration.isEncoderDecoder ? StackChoice.allCases : [stack]
    let subjects = try choices.map(subject)
    let parts = try subjects.map { subject in
      let layers = try layer.map { [try subject.layer($0)] } ?? Array(0..<subject.shape.layerCount)
      return AttentionPage.Part(
        subject.kindTitle,
        layers: try layers.map {
          (number: $0, pattern: try subject.pattern(layer: $0, leavesFirstOut: false))
        },
        heads: try subject.heads(heads), queries: subject.queries, keys: subject.keys,
        queryTitle: subject.queryTitle)
    }
    return AttentionPage(
      title: title ?? (parts.count == 1 ? subjects[0].title : "\(modelName): attention"),
      parts: parts, view: view, leavesFirstOut: leavesFirstOut)
  }
}
