/// A function that does a part of an exercise and is within reach of an answer all the same.
struct GivenHelper: Sendable {
  /// The exercises that it is given for.
  let exercises: [String]
  /// The function as an answer calls it, without its arguments.
  let name: String
  /// What is left to think about, or why nobody should have to write it.
  let reason: String

  /// All that is known of.
  static let all = [
    GivenHelper(
      exercises: ["1.2", "2.11", "6.2", "6.3", "6.4", "9.1"], name: "softmax",
      reason: "the thought is in the scores and the mask, or in whose probability is asked"),
    GivenHelper(
      exercises: ["1.10", "2.11"], name: "zeroHead",
      reason: "what is measured of a run without a head is the exercise"),
    GivenHelper(
      exercises: ["2.6"], name: "HiddenLayerProbe",
      reason: "which words it is trained on, and what its twin is, are the exercise"),
    GivenHelper(
      exercises: ["2.6"], name: "classes(of",
      reason: "what a given probe answers; for which words is the exercise"),
    GivenHelper(
      exercises: ["1.10", "4.1", "4.2", "4.3", "5.4", "5.7", "7.6", "7.9", "8.5", "8.7"],
      name: "logSoftmax",
      reason: "which row is asked for which token is the exercise"),
    GivenHelper(
      exercises: ["1.6", "2.4", "2.6", "2.7", "2.10", "4.9", "5.3", "5.4", "6.10", "7.6", "7.8"],
      name: "argmax",
      reason: "it knows nothing of ties, words or what is compared"),
    GivenHelper(
      exercises: ["2.2", "2.4", "2.6", "2.7", "2.10", "2.11", "4.6", "6.11"], name: "crossEntropy",
      reason: "a mean over rows that all count; where some do not (4.3), it is of no use"),
    GivenHelper(
      exercises: ["2.2", "2.4", "2.6", "2.7", "2.10", "2.11", "4.6", "5.7", "6.11"], name: "AdamW",
      reason: "an optimiser is no thought of these exercises"),
    GivenHelper(
      exercises: ["2.2", "2.4", "2.6", "2.7", "2.10", "4.6", "5.7", "6.11"], name: "gradients",
      reason: "differentiation by machine; the loss is the exercise"),
    GivenHelper(
      exercises: ["2.10", "2.11", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "6.6", "9.10"],
      name: "gradient",
      reason: "of which number, with respect to what and what becomes of it; 3.1 asks for more "
        + "digits than it has"),
    GivenHelper(
      exercises: ["4.6"], name: "LearningRateSchedule",
      reason: "a curve of rates"),
    GivenHelper(
      exercises: ["5.1", "5.2", "5.7", "6.6", "8.3", "8.6", "9.11"], name: "finalNorm",
      reason: "the model's own last steps; when they are taken is the exercise"),
    GivenHelper(
      exercises: ["5.1", "5.2", "5.7", "6.6", "8.3", "8.6", "9.11"], name: "logits(ofNormed",
      reason: "the model's own last steps; when they are taken is the exercise"),
    GivenHelper(
      exercises: ["6.9", "8.7"], name: "leastSquares",
      reason: "a linear system; which rows are paired, and what is projected on what, are the "
        + "exercise"),
    GivenHelper(
      exercises: ["6.8"], name: "generate",
      reason: "where the state stands, and that the patch outlives a step, are the exercise"),
    GivenHelper(
      exercises: ["9.2"], name: "contributions",
      reason: "what every part wrote; what the norm makes of a part is the exercise"),
    GivenHelper(
      exercises: ["9.4", "9.5", "9.8", "9.9", "9.12"], name: "logitDifference",
      reason: "what a circuit alone does; which parts it is of is the exercise"),
    GivenHelper(
      exercises: ["9.9"], name: "divergence",
      reason: "what a circuit alone does; which parts it is of is the exercise"),
  ]
}

/// Functions and computed properties within reach of an answer that do nothing an exercise asks for.
///
/// Whoever makes another one public decides here whether it is plain, or a ``GivenHelper``.
enum PlainHelpers {
  static let all: [String: [String]] = [
    "arithmetic, number by number": [
      "*", "+", "+=", "-", "/", "==", "exponential", "gelu", "geluTanh", "hyperbolicTangent",
      "logarithm", "logistic", "relu", "silu", "squareRoot",
    ],
    "sums and products": ["matmul", "mean", "rootMeanSquare", "scaled", "standardised", "sum"],
    "shapes and places": [
      "concatenation", "count", "gathering", "permuted", "rank", "reshaped", "scalar", "slice",
      "stack", "subscript", "transposed", "values", "withUnsafeMutableValues", "withUnsafeValues",
      "zeros",
    ],
    "chance, by a seed": ["next", "randomNormal", "randomUniform"],
    "differentiation and steps of an optimiser": [
      "clipping", "detached", "rate", "requiresGradient", "requiringGradient", "update",
      "visitParameters",
    ],
    "what a model is and what it says": [
      "bart", "bert", "callAsFunction", "endToken", "gpt2", "hookPoints", "hookPointsOnRequest",
      "isAttentionOnly", "isEncoderDecoder", "layerCount", "limit", "llama", "logits",
      "maximumLength", "positionCount", "run", "stacks", "t5",
    ],
    "names of places in a run, and edits there": [
      "isOnRequest", "nothing", "pattern", "points", "replace", "residual", "residualPoints",
      "residualPost", "residualPre",
    ],
    "tokens and texts": [
      "decode", "encode", "id", "label", "labels", "paddedRow", "specialTokens", "token", "tokens",
    ],
    "the sorter's layout": ["middleToken", "sequenceLength", "startToken", "vocabularySize"],
    "a process that answers": ["serve"],
    "texts for people": ["description"],
  ]
}
