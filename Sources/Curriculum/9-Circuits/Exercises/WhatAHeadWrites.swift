import CircuitsVocabulary
import Coursework
import Laboratory
import Tensors
import Transformers

extension CircuitsSheet {
  /// 9.11: copy and next scores of a head, and the first layer at which a lens is right.
  static let whatAHeadWrites = Exercise(
    "9.11", "What a head writes", points: 4, difficulty: 4, importance: 4, minutes: 40,
    hints: [
      """
      A head that looks at “March” can write “March” or “April”. Which, can be asked without any text: \
      let it look at nothing else.
      """,
      """
      In a text of one token attention has one place to go, with weight 1. So run all members as texts of \
      one token; what `.attention(.own, .result)` holds then is what the head writes for each.
      """,
      """
      What stands for a token: capture `.embedding`, run from `.residual(embedding, afterBlocks: 0)` with \
      the first block's `.attentionOut(.own)` times 0, and capture `residualPost` of block 0. Start the \
      run of the head from that, `afterBlocks: layer`.
      """,
      """
      Logits are `model.logits(ofNormed: model.finalNorm(written))`. A token is among the five greatest \
      when fewer than five are greater. The last member has no next one and does not count there. The \
      lens is Sheet 5's, at the last position; a layer is right when no logit is as great as the answer's \
      but its own.
      """,
    ],
    interpretation: """
      Head 9.1 of GPT-2 small has a next score of 87 % for numerals and 91 % for number words. Which \
      members are asked decides: twelve months make steps of 8 %, and a head that writes all months for \
      every month scores well in copying and in next. The score says what the head would write were it \
      looking there. Whether it looks there is another question, and the lens a third: at which layer \
      what was written is enough.
      """,
    cases: { generator in
      try [
        ("layer norm", CircuitModel.Norm.layer), ("RMS norm", .rootMeanSquare),
        ("another model", .layer),
      ].map { name, norm in
        try drawing("9.11", using: &generator) { generator in
          let model = CircuitModel.drawn(norm, using: &generator)
          let members = Array((0..<CircuitModel.vocabulary).shuffled(using: &generator).prefix(24))
          var pairs = try model.pairs([(5, 8)], using: &generator)
          // Some that no layer is right about at last.
          for index in [1, 4] {
            pairs[index].answer = (pairs[index].foil + 1 + index) % CircuitModel.vocabulary
          }
          let key = HeadToRead(
            model: model, layer: Int.random(in: 1...2, using: &generator),
            head: Int.random(in: 0..<2, using: &generator), members: members, pairs: pairs)
          let reading = try HeadReading(key)
          let scores = try reading.scores(.right)
          let layers = try reading.layers(.right)
          guard layers.contains(nil),
            try areApart(reading.scoreMistakes(), from: scores, tolerance: 1.2e-3),
            try areApart(reading.layerMistakes(), from: layers)
          else { return nil }
          return Case(name, key)
        }
      } + [readerCase(using: &generator)]
    },
    parts: [
      Part(CircuitsAsks.copyAndNext) { (key: HeadToRead) in
        let reading = try HeadReading(key)
        return Expected(
          try reading.scores(.right), tolerance: 1e-3, named: "the score",
          of: "entry (0 copy, 1 next)"
        ) { try reading.scoreMistakes() }
      },
      Part(CircuitsAsks.firstRightLayers) { (key: HeadToRead) in
        let reading = try HeadReading(key)
        return Expected(try reading.layers(.right), named: "the layer", of: "pair") {
          try reading.layerMistakes()
        }
      },
    ])

  private static func readerCase(
    using generator: inout SeededGenerator
  ) throws -> Case<HeadToRead, HeadToRead> {
    Case(
      "the reader",
      HeadToRead(
        model: .reader, layer: Int.random(in: 1...5, using: &generator),
        head: Int.random(in: 0..<4, using: &generator),
        members: members(of: .months),
        pairs: try CircuitModel.readerPairs("months", count: 4, seed: generator.next() >> 32)))
  }

  /// The ids of what follows in order.
  static func members(of kind: ReaderSequence.Kind) -> [Int] {
    Array(ReaderVocabulary.encode(kind.members).dropFirst())
  }

  private struct HeadReading {
    enum Way {
      case right, withoutMLP, withAttention, withPosition, unnormed, otherHead
      case first, allCount, around, before
    }
    enum LayerWay { case right, unnormed, fromOne, firstPosition, corrupted, last, likelyEnough }

    let key: HeadToRead
    let model: Transformer
    private let pass: HeadwisePass

    init(_ key: HeadToRead) throws {
      self.key = key
      model = try key.model.made()
      pass = HeadwisePass(model)
    }

    /// Whether a token's embedding has a position's beside it.
    private var hasPositions: Bool {
      model.configuration.hookPoints.contains(.positionEmbedding)
    }

    func scores(_ way: Way) throws -> [Float] {
      let count = key.members.count
      let width = model.configuration.width
      let embedding =
        way == .withPosition
        ? try model.run(
          ModelInput(tokens: key.members.map { [$0] }), capturing: [.residualPre(.blocks, 0)]
        ).trace[.residualPre(.blocks, 0)]
        : model.embedding.gathering(key.members).reshaped(to: [count, 1, width])
      let places = pass.places(Array(repeating: [0], count: count))
      func written(_ state: Tensor, layer: Int, head: Int) -> Tensor {
        let normed = pass.normedForAttention(state, layer: layer)
        return pass.result(
          query: pass.query(normed, layer: layer, head: head, at: places),
          key: pass.key(normed, layer: layer, head: head, at: places),
          value: pass.value(normed, layer: layer, head: head), layer: layer, head: head,
          at: places, isRun: true)
      }
      var state = embedding
      if way == .withAttention {
        for head in 0..<model.configuration.decoder!.headCount {
          state = state + written(embedding, layer: 0, head: head)
        }
        if let bias = pass.outputBias(layer: 0) { state = state + bias }
      }
      if way != .withoutMLP {
        state = state + (try pass.mlp(pass.normedForMLP(state, layer: 0), layer: 0))
      }
      let head =
        way == .otherHead ? (key.head + 1) % model.configuration.decoder!.headCount : key.head
      let rows = written(state, layer: key.layer, head: head).reshaped(to: [count, width])
      let logits = model.logits(ofNormed: way == .unnormed ? rows : model.finalNorm(rows))
      let most = way == .first ? 1 : 5
      func hits(_ wanted: [(row: Int, token: Int)], of total: Int) -> Float {
        Float(
          wanted.count { row, token in
            let values = logits[at: row].values
            return values.sorted(by: >).prefix(most).contains(values[token])
          }) / Float(total)
      }
      let members = key.members
      let next =
        switch way {
        case .before: (1..<count).map { (row: $0, token: members[$0 - 1]) }
        case .around: (0..<count).map { (row: $0, token: members[($0 + 1) % count]) }
        default: (0..<(count - 1)).map { (row: $0, token: members[$0 + 1]) }
        }
      return [
        hits((0..<count).map { ($0, members[$0]) }, of: count),
        hits(next, of: way == .allCount || way == .around ? count : count - 1),
      ]
    }

    func scoreMistakes() throws -> [Mistake<[Float]>] {
      var found = [
        Mistake(
          "the first block's MLP is missing: a token stands for its embedding and what this MLP adds",
          try scores(.withoutMLP)
        ),
        Mistake(
          "the first block's attention has been at work; only its MLP is to be",
          try scores(.withAttention)
        ),
        Mistake("the final norm is missing before the unembedding", try scores(.unnormed)),
        Mistake(
          "this asks for the greatest alone; among the five greatest is enough", try scores(.first)),
        Mistake(
          "this is the member before, not the next one", try scores(.before)
        ),
        Mistake("this is another head of the layer", try scores(.otherHead)),
      ]
      if hasPositions {
        found.append(
          Mistake(
            "a position's embedding is in it: a token stands for its own embedding, at no position",
            try scores(.withPosition)))
      }
      let around = try scores(.around)
      // Where the first does not follow the last for the head, this is the mistake below.
      if around != (try scores(.allCount)) {
        found.append(
          Mistake("the first member is no next one of the last, which has none", around))
      }
      if try scores(.right)[1] > 0 {
        found.append(
          Mistake(
            "the last member has no next one and does not count in the next score",
            try scores(.allCount)))
      }
      if Float(try scores(.right)[0]) != (try scores(.right)[1]) {
        found.append(
          Mistake("copy comes first, next second", try scores(.right).reversed()))
      }
      return found
    }

    func layers(_ way: LayerWay) throws -> [Int?] {
      let points = model.configuration.residualPoints
      return try key.pairs.map { pair in
        let text = way == .corrupted ? pair.corrupted : pair.clean
        let trace = try model.run(ModelInput(text), capturing: .points(Set(points))).trace
        let place = way == .firstPosition ? 0 : text.count - 1
        let isRight = try points.map { point in
          let state = try trace[point][at: 0].slice(place..<(place + 1))
          let logits = model.logits(ofNormed: way == .unnormed ? state : model.finalNorm(state))
          let own = logits[0, pair.answer]
          let most = way == .likelyEnough ? 5 : 1
          return logits.values.count { $0 >= own } <= most
        }
        if way == .last { return isRight.lastIndex(of: true) }
        return isRight.firstIndex(of: true).map { way == .fromOne ? $0 + 1 : $0 }
      }
    }

    func layerMistakes() throws -> [Mistake<[Int?]>] {
      [
        Mistake("the final norm is missing from the lens", try layers(.unnormed)),
        Mistake("layers are counted from 0, which is the embedding", try layers(.fromOne)),
        Mistake(
          "this is read at the first position; the answer comes after the last",
          try layers(.firstPosition)
        ),
        Mistake("this is read in the corrupted text", try layers(.corrupted)),
        Mistake("this is the last layer that is right, not the first", try layers(.last)),
        Mistake(
          "this is where the answer is among the five greatest; a lens reads the greatest alone",
          try layers(.likelyEnough)
        ),
      ]
    }
  }
}
