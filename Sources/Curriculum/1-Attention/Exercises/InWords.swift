import AttentionVocabulary
import Coursework

extension AttentionSheet {
  /// 1.11, open: what a map of cross-attention shows and what it does not.
  static let whatAttentionShows = Exercise(
    open: "1.11", "In words: what attention shows", points: 2, difficulty: 3, importance: 4,
    minutes: 15,
    hints: [
      "Begin with the formula: which of q, k and v does the pattern depend on, and which not?",
      """
      Think of the number you measured in 1.10: how well did attention on the right word predict \
      what was lost without the head? Give it.
      """,
      """
      After two layers a position is no longer a word. What does that mean for “the model looks at \
      France”?
      """,
      """
      Three sentences on what it shows (where a head reads, over keys that sum to 1), three on what \
      it does not (what is read: the values; whether it is used; what other heads do as well), each \
      with something of yours from 1.9 or 1.10.
      """,
    ],
    interpretation: """
      A pattern is made of queries and keys. What flows is made of values, and what comes of it is \
      decided by every layer above. That is why a map can be right as an alignment and wrong as an \
      explanation.
      """,
    prompt: """
      What does a map of cross-attention show, and what does it not show? Use what you measured in \
      1.9 and 1.10; about 150 words.
      """,
    rubric: [
      """
      ½ point: says what a map shows: for each target position, how a head spreads its reading over \
      source positions; weights of one row sum to 1.
      """,
      """
      ½ point: says what it leaves out: the values that are read, and that positions are mixtures \
      after the encoder; or that several heads may read the same.
      """,
      """
      ½ point: tells attention from effect, and names an intervention (zeroing a head or its \
      values) as the test of it.
      """,
      "½ point: rests on the writer's own numbers from 1.9 or 1.10, rightly read.",
    ],
    text: AttentionAsks.whatAttentionShows)

  /// 1.12, open: what to check before one believes a picture of attention.
  static let whatToCheck = Exercise(
    open: "1.12", "In words: what to check", points: 2, difficulty: 3, importance: 5,
    minutes: 15,
    hints: [
      "How many sentences, heads and layers did the authors look at before they chose this map?",
      "What would the map look like if the claim were false? Which head would look the same?",
      """
      Gender can be read off the article, the noun or its ending. Which sentences would tell a \
      head that resolves gender from one that always reads the noun?
      """,
      """
      Go through: rows labelled right (1.4); a score over a corpus instead of one picture (1.6, \
      1.7); a baseline (other heads, an untrained model, sentences without gender); an intervention \
      that changes the gender the model writes (1.10); another seed of the model.
      """,
    ],
    interpretation: """
      A picture is where a question begins. What makes it an answer is a number over many \
      sentences, something to compare it with, and an intervention that could have gone the other \
      way.
      """,
    prompt: """
      A paper shows one attention map and says “this head resolves gender”. What would you check \
      before you believe it? About 150 words.
      """,
    rubric: [
      """
      ½ point: asks for a measure over many sentences and all heads, chosen and tested on different \
      sentences, instead of one picture that was picked.
      """,
      """
      ½ point: names a fitting baseline or contrast: sentences that differ in gender alone, \
      sentences without it, other heads, an untrained model.
      """,
      """
      ½ point: asks for an intervention: without the head (or with its input exchanged) the model \
      should get gender wrong, and other things should stay right.
      """,
      """
      ½ point: considers another explanation or a flaw in the picture: rows shifted, sub-words, a \
      head that always reads the noun or rests on the first token, other heads doing the same.
      """,
    ],
    text: AttentionAsks.whatToCheck)
}
