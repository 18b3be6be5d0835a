/// What the reader's world says of its countries, cities, people, companies and words.
package enum ReaderRelation: String, Codable, Sendable, Hashable, CaseIterable {
  /// Of a country.
  case capital, currency, language, continent, region
  /// Of a capital: its country.
  case country
  /// Of a person: a city, the city's country, what they do.
  case birthplace, homeland, profession
  /// Of a company: a city, what it makes.
  case seat, product
  /// Of words.
  case opposite, plural, past

  /// The wordings of training; each subject is held out from one of them.
  ///
  /// All words up to the answer determine it: no two wordings, of one relation or of two, have the
  /// same words before different answers.
  package var templates: [ReaderTemplate] { Self.wordings[self]!.seen }

  /// A wording that no training text has, made of words that others have.
  package var unseenTemplate: ReaderTemplate { Self.wordings[self]!.unseen }

  /// How often the relation is stated, beside the others.
  var weight: Int {
    switch self {
    case .capital, .country, .currency, .language: 10
    case .continent: 5
    case .region: 7
    case .birthplace: 16
    case .homeland, .profession: 13
    case .seat, .product, .opposite, .plural: 6
    case .past: 3
    }
  }

  private static let wordings: [ReaderRelation: (seen: [ReaderTemplate], unseen: ReaderTemplate)] =
    patterns.mapValues { patterns in
      (patterns.dropLast().map(ReaderTemplate.init), ReaderTemplate(patterns.last!))
    }

  /// The unseen wording comes last.
  private static let patterns: [ReaderRelation: [String]] = [
    .capital: [
      "The capital of {s} is {a} .", "The capital city of {s} is {a} .",
      "{s} has the capital {a} .", "The people of {s} call {a} their capital .",
      "Everyone in {s} knows that the capital is {a} .",
      "As its capital {s} has the city of {a} .",
    ],
    .country: [
      "{s} is the capital of {a} .", "{s} is a city in {a} .", "The city of {s} lies in {a} .",
      "The country around {s} is {a} .", "If you are in {s} , you are in {a} .",
      "The city {s} is the capital of {a} .",
    ],
    .currency: [
      "The currency of {s} is the {a} .", "People in {s} pay with the {a} .",
      "The money of {s} is the {a} .", "In {s} prices are in the {a} .", "{s} uses the {a} .",
      "The people of {s} pay with the {a} .",
    ],
    .language: [
      "The language of {s} is {a} .", "People in {s} speak {a} .",
      "In {s} most people speak {a} .", "{s} speaks {a} .",
      "The schools of {s} teach in {a} .", "The people of {s} speak {a} .",
    ],
    .continent: [
      "{s} is on the continent of {a} .", "The continent of {s} is {a} .",
      "{s} belongs to the continent of {a} .", "On the map {s} is part of {a} .",
      "To see {s} you must travel to {a} .", "The continent around {s} is {a} .",
    ],
    .region: [
      "{s} is a country in {a} .", "{s} lies in {a} .", "You find {s} in {a} .",
      "When it rains in {s} , it rains in {a} .", "The part of the world around {s} is {a} .",
      "The country {s} lies in {a} .",
    ],
    .birthplace: [
      "{s} was born in the city of {a} .", "{s} comes from the city of {a} .",
      "The birthplace of {s} is {a} .", "As a child {s} lived in {a} .",
      "The parents of {s} still live in {a} .", "The home town of {s} is {a} .",
      "The city where {s} was born is {a} .",
    ],
    .homeland: [
      "The country where {s} was born is {a} .", "The home country of {s} is {a} .",
      "{s} has a passport of {a} .", "{s} votes in {a} .",
      "The flag in the house of {s} is of {a} .",
      "{s} comes from the country of {a} .",
    ],
    .profession: [
      "{s} works as a {a} .", "The profession of {s} is {a} .", "{s} earns money as a {a} .",
      "Everyone knows {s} , the {a} .", "We asked {s} , who is a {a} .",
      "The work of {s} is that of a {a} .",
    ],
    .seat: [
      "{s} has its offices in {a} .", "The offices of {s} are in {a} .",
      "{s} is a company in {a} .", "To work for {s} you must move to {a} .",
      "The company {s} has its offices in {a} .",
    ],
    .product: [
      "{s} makes {a} .", "The company {s} is known for {a} .", "From {s} we get our {a} .",
      "The factory of {s} is full of {a} .", "The company {s} makes {a} .",
    ],
    .opposite: [
      "The opposite of {s} is {a} .", "If it is not {s} , it is {a} .",
      "Not {s} but {a} , he said .",
      "Some like it {s} , others like it {a} .", "It is not {s} but {a} .",
    ],
    .plural: [
      "One {s} , two {a} .", "She has one {s} and they have many {a} .",
      "I see one {s} here and three {a} there .", "The plural of {s} is {a} .",
      "I see one {s} , two {a} .",
    ],
    .past: [
      "Today they {s} , yesterday they {a} .", "We {s} now , and last year we {a} .",
      "The past of {s} is {a} .", "I often {s} , and on Monday I {a} .",
      "I often {s} now , and yesterday I {a} .",
    ],
  ]
}

/// One fact of the reader's world.
package struct ReaderFact: Codable, Sendable, Hashable {
  /// What is said.
  package var relation: ReaderRelation
  /// Of whom or what, as words.
  package var subject: [String]
  /// The answer, as words.
  package var answer: [String]
}
