/// A fixed phrase with a meaning of its own.
package struct ReaderIdiom: Codable, Sendable, Hashable {
  /// The words before the phrase that belong to the literal grammar, such as "was"; often none.
  package var lead: [String]
  /// The phrase itself: one word or more.
  package var words: [String]
  /// What it means, in words that stand behind the same subject.
  package var meaning: [String]
  /// A situation in which one says so; `{n}` stands for a name.
  package var situation: [String]
  /// A literal use that begins with the same words where it can, behind the same subject.
  package var literal: [String]
  /// Whether the subject is "it" and not a person.
  package var isAboutThings: Bool

  /// The sixty idioms of the reader's world.
  package static let all: [ReaderIdiom] =
    aboutPeople.map { ReaderIdiom($0, isAboutThings: false) }
    + aboutThings.map { ReaderIdiom($0, isAboutThings: true) }

  /// - Parameter line: phrase, meaning, situation, literal use; a `/` ends the lead.
  private init(_ line: String, isAboutThings: Bool) {
    let fields = line.split(separator: "|").map { ReaderNames.words(String($0)) }
    precondition(fields.count == 4, "an idiom has four fields: \(line)")
    let cut = fields[0].firstIndex(of: "/")
    lead = cut.map { Array(fields[0][..<$0]) } ?? []
    words = Array(fields[0][(cut.map { $0 + 1 } ?? 0)...])
    meaning = fields[1]
    situation = fields[2]
    literal = fields[3]
    self.isAboutThings = isAboutThings
  }

  private static let aboutPeople = [
    "kicked the bucket|died|{n} was very old and sick|kicked the ball",
    "spilled the beans|told the secret|{n} knew a secret|spilled the milk",
    "broke the ice|began to talk|nobody in the room said a word|broke the window",
    "hit the road|went away|it was time to go|hit the ball",
    "hit the sack|went to bed|{n} was very tired|hit the wall",
    "missed the boat|came too late|{n} waited too long|missed the train",
    "let the cat out of the bag|told the secret|the party was a secret|let the dog out of the house",
    "bit the dust|was beaten|{n} had a bad fight|bit the apple",
    "bit the bullet|did it after all|{n} did not like the doctor|bit the pear",
    "pulled my leg|made a joke|{n} likes to laugh|pulled my hair",
    "got cold feet|was afraid|the wedding was near|got cold water",
    "stole the show|was the best of all|{n} sang last|stole the bread",
    "cut corners|worked badly|{n} wanted to finish early|cut paper",
    "lost face|was ashamed|everyone saw the mistake|lost money",
    "turned the tables|was ahead after all|{n} was behind in the game|turned the page",
    "turned over a new leaf|began a better life|{n} was bad for years|turned over a new card",
    "bought the farm|died in the war|{n} was a pilot in the war|bought the house",
    "threw in the towel|gave up|the game was too hard|threw in the ball",
    "jumped the gun|began too early|nobody was ready|jumped the fence",
    "faced the music|took the punishment|{n} was caught|faced the wall",
    "passed the buck|said it was another|{n} made a mistake|passed the salt",
    "saw the light|understood|{n} thought for a long time|saw the moon",
    "rocked the boat|made trouble|all was calm|rocked the chair",
    "smelled a rat|did not believe it|the story was strange|smelled a rose",
    "held the fort|looked after it all|the others went away|held the door",
    "called it a day|stopped work|the work was done|called it a dog",
    "ran out of steam|had no strength left|{n} worked all night|ran out of bread",
    "took the bull by the horns|did not wait any more|there was a big problem|took the horse by the ears",
    "burned the midnight oil|worked at night|the test was near|burned the old paper",
    "beat around the bush|did not say it|we asked {n} for the truth|walked around the house",
    "paid through the nose|paid too much|the car was not cheap|paid through the bank",
    "walked on air|was very happy|{n} had good news|walked on grass",
    "sat on the fence|took no side|there were two sides|sat on the chair",
    "slept like a log|slept well|the bed was soft|slept like a cat",
    "ate humble pie|said sorry|{n} was not right|ate apple pie",
    "drew a blank|could not remember|we asked {n} for the name|drew a horse",
    "went bananas|was very angry|{n} did not like the news|went home",
    "cried wolf|called for help with no need|{n} was not in danger|cried all night",
    "made a mountain out of a molehill|was afraid of nothing|the problem was small|made a table out of a door",
    "put all eggs in one basket|trusted one thing alone|{n} had one plan|put all books in one box",
    "was / toast|was in great trouble|the police found {n}|was home",
    "was / chicken|was afraid|{n} would not jump|was here",
    "was / blue|was sad|{n} was alone all day|was poor",
    "was / green|was new at work|{n} came last week|was young",
    "was / in hot water|was in trouble|{n} broke a rule|was in cold water",
    "was / under the weather|was sick|{n} stayed in bed|was under the table",
    "was / on cloud nine|was very happy|{n} found love|was on page nine",
    "was / over the moon|was very happy|the baby came|was over the river",
    "was / the black sheep|was not like the others|the family did not like {n}|was the black dog",
    "was / all ears|listened|we had news for {n}|was all wet",
  ]

  private static let aboutThings = [
    "was / a piece of cake|was easy|{n} took a test|was a piece of bread",
    "was / peanuts|was very little money|{n} got the pay|was water",
    "was / out of the blue|was a surprise|{n} had a letter|was out of the house",
    "was / a lemon|was no good|{n} bought a car|was a pear",
    "cost an arm and a leg|cost too much|{n} saw a ring|cost a cup and a pen",
    "rained cats and dogs|rained hard|{n} looked at the street|rained in the night",
    "was / the last straw|was too much|{n} had trouble all day|was the last page",
    "was / a hot potato|was hard to talk about|{n} had a question|was a hot day",
    "was / history|was over|{n} talked about the plan|was here",
    "was / a red herring|was not true|{n} found a letter|was a red coat",
    "was / a white elephant|was of no use|{n} had a gift|was a white horse",
    "went up in smoke|came to nothing|{n} made a plan|went up in price",
  ]
}
