package import Tensors
package import Transformers

/// Two texts, and which is patched.
package struct ContrastOfModel: Codable, Sendable {
  package var model: ScopeModel
  package var contrast: Contrast
  package var direction: PatchDirection

  package init(model: ScopeModel, contrast: Contrast, direction: PatchDirection) {
    self.model = model
    self.contrast = contrast
    self.direction = direction
  }
}

/// A fact to trace; the noise is scaled already in 6.3 and not in 6.2.
package struct FactToTrace: Codable, Sendable {
  package var model: ScopeModel
  package var fact: SubjectFact
  package var noise: Tensor
  package var part: BlockPart
  package var window: Int

  package init(
    model: ScopeModel, fact: SubjectFact, noise: Tensor, part: BlockPart = .mlp, window: Int = 1
  ) {
    self.model = model
    self.fact = fact
    self.noise = noise
    self.part = part
    self.window = window
  }
}

/// A text in which one query is cut from some keys.
package struct CutOfModel: Codable, Sendable {
  package var model: ScopeModel
  package var tokens: [Int]
  package var answer: Int
  package var query: Int
  package var keys: [Int]
  package var window: Int

  package init(
    model: ScopeModel, tokens: [Int], answer: Int, query: Int, keys: [Int], window: Int
  ) {
    self.model = model
    self.tokens = tokens
    self.answer = answer
    self.query = query
    self.keys = keys
    self.window = window
  }
}

/// A Patchscope to run, and what two others are to be made of.
package struct ScopeOfModels: Codable, Sendable {
  package var model: ScopeModel
  package var target: ScopeModel
  package var scope: Scope
  package var fact: SubjectFact
  package var noise: Tensor
  package var position: Int
  package var layer: Int
  package var keys: [Int]
  package var blocks: Range<Int>

  package init(
    model: ScopeModel, target: ScopeModel, scope: Scope, fact: SubjectFact, noise: Tensor,
    position: Int, layer: Int, keys: [Int], blocks: Range<Int>
  ) {
    self.model = model
    self.target = target
    self.scope = scope
    self.fact = fact
    self.noise = noise
    self.position = position
    self.layer = layer
    self.keys = keys
    self.blocks = blocks
  }
}

/// Prompts of a relation, and subjects to ask a relation about.
package struct RelationOfModel: Codable, Sendable {
  package var model: ScopeModel
  package var prompts: [RelationPrompt]
  package var layer: Int
  package var relation: AffineMap
  package var states: Tensor
  package var beta: Float

  package init(
    model: ScopeModel, prompts: [RelationPrompt], layer: Int, relation: AffineMap, states: Tensor,
    beta: Float
  ) {
    self.model = model
    self.prompts = prompts
    self.layer = layer
    self.relation = relation
    self.states = states
    self.beta = beta
  }
}

/// States for a prompt to make something of, and two methods to compare.
package struct Extraction: Codable, Sendable {
  package var model: ScopeModel
  package var sources: [ScopePlace]
  package var prompt: ScopePlace
  package var choices: [Int]
  package var first: [Bool]
  package var second: [Bool]
  package var seed: UInt64

  package init(
    model: ScopeModel, sources: [ScopePlace], prompt: ScopePlace, choices: [Int],
    first: [Bool] = [], second: [Bool] = [], seed: UInt64 = 0
  ) {
    self.model = model
    self.sources = sources
    self.prompt = prompt
    self.choices = choices
    self.first = first
    self.second = second
    self.seed = seed
  }
}

/// An entity, and a prompt that describes others.
package struct EntityToDescribe: Codable, Sendable {
  package var model: ScopeModel
  package var entity: [Int]
  package var filler: [Int]
  package var prompt: [Int]
  package var placeholder: Int
  package var count: Int

  package init(
    model: ScopeModel, entity: [Int], filler: [Int], prompt: [Int], placeholder: Int, count: Int
  ) {
    self.model = model
    self.entity = entity
    self.filler = filler
    self.prompt = prompt
    self.placeholder = placeholder
    self.count = count
  }
}

/// States of two models to fit maps to, and a place to look at through such maps.
package struct ModelsToStitch: Codable, Sendable {
  package var from: ResidualStates
  package var to: ResidualStates
  package var model: ScopeModel
  package var source: ScopePlace
  package var stitches: [AffineMap]
  package var prompt: [Int]
  package var target: ScopeModel

  package init(
    from: ResidualStates, to: ResidualStates, model: ScopeModel, source: ScopePlace,
    stitches: [AffineMap], prompt: [Int], target: ScopeModel
  ) {
    self.from = from
    self.to = to
    self.model = model
    self.source = source
    self.stitches = stitches
    self.prompt = prompt
    self.target = target
  }
}

/// Questions of two steps, and answers to count.
package struct HopsOfModel: Codable, Sendable {
  package var model: ScopeModel
  package var hops: [TwoHops]
  package var layer: Int
  package var targetLayer: Int
  package var answers: [HopAnswers]
  package var truths: [Int]

  package init(
    model: ScopeModel, hops: [TwoHops], layer: Int, targetLayer: Int, answers: [HopAnswers] = [],
    truths: [Int] = []
  ) {
    self.model = model
    self.hops = hops
    self.layer = layer
    self.targetLayer = targetLayer
    self.answers = answers
    self.truths = truths
  }
}

/// States to train a soft prompt on.
package struct StatesToPrompt: Codable, Sendable {
  package var model: ScopeModel
  package var states: Tensor
  package var layer: Int
  package var targets: [Int]
  package var length: Int
  package var seed: UInt64

  package init(
    model: ScopeModel, states: Tensor, layer: Int, targets: [Int], length: Int, seed: UInt64
  ) {
    self.model = model
    self.states = states
    self.layer = layer
    self.targets = targets
    self.length = length
    self.seed = seed
  }
}
