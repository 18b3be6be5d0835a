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

  /// 1.13, open: patterns across layers and heads, and how to check them.
  static let patternsSeen = Exercise(
    open: "1.13", "In words: patterns of your own", points: 3, difficulty: 2, importance: 4,
    minutes: 30,
    hints: [
      """
      Draw a sentence of your own: `swift run headlight figure model-view --source "Translate to \
      French: …" --output view.png`. Which small pictures look alike? Which look like nothing else?
      """,
      """
      `head-view --stack encoder --layer 1` draws a layer large, with the tokens; `--stack decoder` and \
      `--stack cross` the others. Parallels, fans, crossings: give each a name that says what a row does.
      """,
      """
      For each pattern say what D would be (1.7), or which count over a corpus (1.6) would be high for \
      this head and low for others; and what an even head, or another head, would get.
      """,
    ],
    interpretation: """
      The eye finds a pattern in any head. A number over a corpus tells which of them are there, and \
      another head's number tells whether it is anything special.
      """,
    prompt: """
      Draw sentences of your own with `headlight figure`. What do you see in at least three heads, of \
      different layers or parts? How would you check each by a number? About 200 words.
      """,
    rubric: [
      "½ point: three heads named by part, layer and head, from a sentence of the writer's own.",
      """
      1 point: says what a row does in each (which tokens read which), and not only what the picture \
      looks like; names what a mask or an end token forces.
      """,
      """
      1 point: for each a number over many sentences that could come out low, with what an even head, \
      another head or an untrained model would get.
      """,
      """
      ½ point: chooses heads on other sentences than those measured, or says that a pattern is no proof \
      of use and names an intervention.
      """,
    ],
    text: AttentionAsks.patternsSeen)
}
