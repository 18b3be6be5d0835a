import XCTest

@testable import Laboratory

/// Every rule of the grammar, on sentences translated and aligned by hand.
final class TranslatorGrammarTests: XCTestCase {
  /// Checks a pair against a translation and an alignment written by hand.
  ///
  /// - Parameter links: for every French word, the English words it comes from, counted from the
  ///   first word after the instruction, full stops left out: "0 1 3 2,4".
  private func check(
    _ clauses: Clause..., english: String, french: String, links: String,
    file: StaticString = #filePath, line: UInt = #line
  ) {
    let pair = SentencePair(clauses)
    XCTAssertEqual(pair.sourceText, "Translate to French: " + english, file: file, line: line)
    XCTAssertEqual(pair.targetText, french, file: file, line: line)
    let expected = links.split(separator: " ").enumerated().flatMap { target, sources in
      sources.split(separator: ",").map { [target, (Int($0) ?? -1) + 4] }
    }
    let found = pair.links.filter { !$0.isPunctuation }.map { [$0.target, $0.source] }
    XCTAssertEqual(found, expected, french, file: file, line: line)
    XCTAssertEqual(
      pair.links.filter(\.isPunctuation),
      [
        AlignmentLink(
          target: pair.target.count - 1, source: pair.source.count - 1, isPunctuation: true)
      ], file: file, line: line)
  }

  private func phrase(
    _ determiner: Determiner, _ words: String, _ number: GrammaticalNumber = .singular,
    _ phrases: PrepositionalPhrase...
  ) -> Participant {
    let words = words.split(separator: " ").map(String.init)
    return .noun(
      NounPhrase(
        determiner, words.dropLast().map(Lexicon.adjective), Lexicon.noun(words[words.count - 1]),
        number, phrases: phrases))
  }

  private func does(
    _ verb: String, _ object: Participant? = nil, _ phrases: PrepositionalPhrase...,
    adverb: String? = nil
  ) -> VerbPhrase {
    .verb(
      Lexicon.verb(verb), object: object, phrases: phrases, adverb: adverb.map(Lexicon.adverb))
  }

  private func isSo(_ adjectives: String..., very: Bool = false) -> VerbPhrase {
    .adjectives(adjectives.map(Lexicon.adjective), isVery: very)
  }

  private func name(_ text: String) -> Participant { .name(Lexicon.firstName(text)) }

  func testAdjectiveAfterTheNounIsSwapped() {
    check(
      Clause(phrase(.the, "brown dog"), .past, does("run")),
      english: "The brown dog ran.", french: "Le chien brun a couru.", links: "0 2 1 3 3")
  }

  func testAdjectiveBeforeTheNounKeepsItsPlace() {
    check(
      Clause(phrase(.a, "small cat"), .present, does("sleep")),
      english: "A small cat sleeps.", french: "Un petit chat dort.", links: "0 1 2 3")
  }

  func testAdjectivesOnBothSides() {
    check(
      Clause(phrase(.the, "beautiful white horse", .plural), .present, does("run")),
      english: "The beautiful white horses run.", french: "Les beaux chevaux blancs courent.",
      links: "0 1 3 2 4")
  }

  func testFeminineAgreement() {
    check(
      Clause(phrase(.a, "white cow"), .present, does("eat", phrase(.a, "red apple"))),
      english: "A white cow eats a red apple.",
      french: "Une vache blanche mange une pomme rouge.", links: "0 2 1 3 4 6 5")
  }

  func testArticleElidesBeforeVowel() {
    check(
      Clause(.pronoun(.she), .present, does("open", phrase(.the, "umbrella"))),
      english: "She opens the umbrella.", french: "Elle ouvre le parapluie.", links: "0 1 2 3")
    check(
      Clause(.pronoun(.he), .present, does("see", phrase(.the, "tree"))),
      english: "He sees the tree.", french: "Il voit l'arbre.", links: "0 1 2 3")
  }

  func testArticleElidesBeforeSilentH() {
    check(
      Clause(phrase(.the, "man"), .present, does("sleep")),
      english: "The man sleeps.", french: "L'homme dort.", links: "0 1 2")
  }

  func testNoElisionBeforeAspirateH() {
    check(
      Clause(phrase(.the, "owl"), .past, does("fly")),
      english: "The owl flew.", french: "Le hibou a volé.", links: "0 1 2 2")
    check(
      Clause(phrase(.my, "hero"), .past, does("lose", phrase(.his, "axe"))),
      english: "My hero lost his axe.", french: "Mon héros a perdu sa hache.",
      links: "0 1 2 2 3 4")
  }

  func testPossessiveBeforeFeminineVowel() {
    check(
      Clause(.pronoun(.we), .present, does("visit", phrase(.my, "school"))),
      english: "We visit my school.", french: "Nous visitons mon école.", links: "0 1 2 3")
    check(
      Clause(.pronoun(.we), .present, does("visit", phrase(.your, "new school"))),
      english: "We visit your new school.", french: "Nous visitons ta nouvelle école.",
      links: "0 1 2 3 4")
  }

  func testMasculineFormsBeforeVowel() {
    check(
      Clause(phrase(.this, "old man"), .present, does("find", phrase(.a, "new computer"))),
      english: "This old man finds a new computer.",
      french: "Ce vieil homme trouve un nouvel ordinateur.", links: "0 1 2 3 4 5 6")
    check(
      Clause(phrase(.that, "beautiful bird"), .present, does("fly")),
      english: "That beautiful bird flies.", french: "Ce bel oiseau vole.", links: "0 1 2 3")
    check(
      Clause(phrase(.that, "old hero"), .present, does("dance")),
      english: "That old hero dances.", french: "Ce vieux héros danse.", links: "0 1 2 3")
  }

  func testDemonstrativeBeforeVowel() {
    check(
      Clause(phrase(.this, "elephant"), .past, does("drink", phrase(.the, "tea"))),
      english: "This elephant drank the tea.", french: "Cet éléphant a bu le thé.",
      links: "0 1 2 2 3 4")
    check(
      Clause(phrase(.those, "nurse", .plural), .present, does("work")),
      english: "Those nurses work.", french: "Ces infirmières travaillent.", links: "0 1 2")
  }

  func testIndefinitePluralIsDeBeforeAdjective() {
    check(
      Clause(.pronoun(.they), .past, does("buy", phrase(.some, "good book", .plural))),
      english: "They bought some good books.", french: "Ils ont acheté de bons livres.",
      links: "0 1 1 2 3 4")
    check(
      Clause(phrase(.some, "enormous bear", .plural), .present, does("swim")),
      english: "Some enormous bears swim.", french: "D'énormes ours nagent.", links: "0 1 2 3")
    check(
      Clause(.pronoun(.they), .past, does("buy", phrase(.some, "red hat", .plural))),
      english: "They bought some red hats.", french: "Ils ont acheté des chapeaux rouges.",
      links: "0 1 1 2 4 3")
  }

  func testNegationAroundThePresent() {
    check(
      Clause(phrase(.the, "dog"), .present, does("run"), isNegated: true),
      english: "The dog does not run.", french: "Le chien ne court pas.", links: "0 1 3 4 3")
  }

  func testNegationAroundTheAuxiliary() {
    check(
      Clause(.pronoun(.I), .past, does("close", phrase(.the, "door")), isNegated: true),
      english: "I did not close the door.", french: "Je n'ai pas fermé la porte.",
      links: "0 2 3 2 3 4 5")
  }

  func testNegatedObjectTakesDe() {
    check(
      Clause(phrase(.the, "cat"), .present, does("see", phrase(.a, "mouse")), isNegated: true),
      english: "The cat does not see a mouse.", french: "Le chat ne voit pas de souris.",
      links: "0 1 3 4 3 5 6")
    check(
      Clause(.pronoun(.you), .past, does("eat", phrase(.some, "egg", .plural)), isNegated: true),
      english: "You did not eat any eggs.", french: "Tu n'as pas mangé d'œufs.",
      links: "0 2 3 2 3 4 5")
  }

  func testParticipleAfterEtreAgrees() {
    check(
      Clause(phrase(.the, "queen", .plural), .past, does("arrive", adverb: "yesterday")),
      english: "The queens arrived yesterday.", french: "Les reines sont arrivées hier.",
      links: "0 1 2 2 3")
    check(
      Clause(name("Anna"), .past, does("leave"), isNegated: true),
      english: "Anna did not leave.", french: "Anna n'est pas partie.", links: "0 2 3 2 3")
    check(
      Clause(.pronoun(.we), .past, does("fall")),
      english: "We fell.", french: "Nous sommes tombés.", links: "0 1 1")
  }

  func testParticipleAfterAvoirDoesNotAgree() {
    check(
      Clause(phrase(.the, "girl", .plural), .past, does("sing", phrase(.a, "song"))),
      english: "The girls sang a song.", french: "Les filles ont chanté une chanson.",
      links: "0 1 2 2 3 4")
  }

  func testGroupIsMasculineUnlessAllFeminine() {
    check(
      Clause(.both([name("Marie"), name("Paul")]), .past, does("stay")),
      english: "Marie and Paul stayed.", french: "Marie et Paul sont restés.", links: "0 1 2 3 3")
    check(
      Clause(.both([phrase(.the, "girl"), phrase(.her, "sister")]), .past, isSo("happy")),
      english: "The girl and her sister were happy.",
      french: "La fille et sa sœur étaient heureuses.", links: "0 1 2 3 4 5 6")
  }

  func testContractionsLinkToBothParts() {
    check(
      Clause(
        .pronoun(.he), .present, does("go", nil, PrepositionalPhrase(.to, phrase(.the, "market")))),
      english: "He goes to the market.", french: "Il va au marché.", links: "0 1 2,3 4")
    check(
      Clause(
        .pronoun(.she), .past,
        does(
          "give", phrase(.a, "book"),
          PrepositionalPhrase(.to, phrase(.the, "child", .plural)))),
      english: "She gave a book to the children.", french: "Elle a donné un livre aux enfants.",
      links: "0 1 1 2 3 4,5 6")
    check(
      Clause(
        .pronoun(.they), .past,
        does("come", nil, PrepositionalPhrase(.from, phrase(.the, "park")))),
      english: "They came from the park.", french: "Ils sont venus du parc.",
      links: "0 1 1 2,3 4")
    check(
      Clause(
        phrase(
          .the, "door", .singular, PrepositionalPhrase(.of, phrase(.the, "house", .plural))),
        .present, isSo("blue")),
      english: "The door of the houses is blue.", french: "La porte des maisons est bleue.",
      links: "0 1 2,3 4 5 6")
  }

  func testNoContractionBeforeElidedOrFeminineArticle() {
    check(
      Clause(
        .pronoun(.I), .present, does("go", nil, PrepositionalPhrase(.to, phrase(.the, "hospital")))),
      english: "I go to the hospital.", french: "Je vais à l'hôpital.", links: "0 1 2 3 4")
    check(
      Clause(
        .pronoun(.I), .past,
        does("return", nil, PrepositionalPhrase(.from, phrase(.the, "station")))),
      english: "I returned from the station.", french: "Je suis revenu de la gare.",
      links: "0 1 1 2 3 4")
    check(
      Clause(
        .pronoun(.I), .past, does("arrive", nil, PrepositionalPhrase(.from, phrase(.a, "island")))),
      english: "I arrived from an island.", french: "Je suis arrivé d'une île.",
      links: "0 1 1 2 3 4")
  }

  func testPrepositionsOfSeveralWords() {
    check(
      Clause(
        .pronoun(.he), .present,
        does("wash", phrase(.the, "car"), PrepositionalPhrase(.inFrontOf, phrase(.the, "castle")))),
      english: "He washes the car in front of the castle.",
      french: "Il lave la voiture devant le château.", links: "0 1 2 3 4,5,6 7 8")
    check(
      Clause(
        phrase(.the, "dog"), .present,
        does("sleep", nil, PrepositionalPhrase(.near, phrase(.the, "river")))),
      english: "The dog sleeps near the river.", french: "Le chien dort près de la rivière.",
      links: "0 1 2 3 3 4 5")
    check(
      Clause(
        phrase(.the, "dog"), .present,
        does("sleep", nil, PrepositionalPhrase(.near, phrase(.the, "bridge")))),
      english: "The dog sleeps near the bridge.", french: "Le chien dort près du pont.",
      links: "0 1 2 3 3,4 5")
  }

  func testPronounElidesBeforeVowel() {
    check(
      Clause(.pronoun(.I), .present, does("love", phrase(.the, "coffee"))),
      english: "I love the coffee.", french: "J'aime le café.", links: "0 1 2 3")
    check(
      Clause(.pronoun(.I), .past, isSo("tired", very: true)),
      english: "I was very tired.", french: "J'étais très fatigué.", links: "0 1 2 3")
  }

  func testToBeAndItsNegation() {
    check(
      Clause(.pronoun(.she), .present, isSo("happy", "brave")),
      english: "She is happy and brave.", french: "Elle est heureuse et courageuse.",
      links: "0 1 2 3 4")
    check(
      Clause(phrase(.their, "house", .plural), .present, isSo("old"), isNegated: true),
      english: "Their houses are not old.", french: "Leurs maisons ne sont pas vieilles.",
      links: "0 1 3 2 3 4")
  }

  func testQuantities() {
    check(
      Clause(phrase(.many, "friend", .plural), .past, does("dance", adverb: "together")),
      english: "Many friends danced together.", french: "Beaucoup d'amis ont dansé ensemble.",
      links: "0 0 1 2 2 3")
    check(
      Clause(phrase(.every, "student"), .present, does("write", phrase(.two, "letter", .plural))),
      english: "Every student writes two letters.", french: "Chaque étudiant écrit deux lettres.",
      links: "0 1 2 3 4")
  }

  func testOrdinalsAndOther() {
    check(
      Clause(.pronoun(.we), .present, does("choose", phrase(.the, "other cake"))),
      english: "We choose the other cake.", french: "Nous choisissons l'autre gâteau.",
      links: "0 1 2 3 4")
    check(
      Clause(.pronoun(.you), .present, does("forget", phrase(.my, "first letter"))),
      english: "You forget my first letter.", french: "Tu oublies ma première lettre.",
      links: "0 1 2 3 4")
  }

  func testAdverbOfMannerComesBeforePhrases() {
    check(
      Clause(
        phrase(.the, "farmer"), .past,
        does("work", nil, PrepositionalPhrase(.in, phrase(.his, "garden")), adverb: "slowly")),
      english: "The farmer worked slowly in his garden.",
      french: "Le fermier a travaillé lentement dans son jardin.", links: "0 1 2 2 3 4 5 6")
  }

  func testTwoClauses() {
    check(
      Clause(phrase(.the, "dog"), .past, does("disappear")),
      Clause(.pronoun(.I), .past, does("cry"), isNegated: true),
      english: "The dog disappeared and I did not cry.",
      french: "Le chien a disparu et je n'ai pas pleuré.", links: "0 1 2 2 3 4 6 7 6 7")
  }
}
