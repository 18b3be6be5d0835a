extension Lexicon {
  private static let concrete: NounKinds = [
    .human, .animal, .food, .thing, .clothing, .furniture, .opening, .part, .place, .vehicle,
    .plant,
  ]
  /// What one can have a first and a last of; not people: a first father makes no sense.
  private static let countable = concrete.union([.text, .drink]).subtracting(.human)
  private static let coloured: NounKinds = [
    .animal, .thing, .clothing, .furniture, .part, .vehicle, .plant,
  ]

  /// The adjectives: English, French (masculine, feminine, irregular plurals, form before a
  /// vowel), place, the nouns they suit.
  package static let adjectives: [Adjective] = numbered([
    Adjective("big", "grand grande", .before, concrete.subtracting(.food)),
    Adjective("small", "petit petite", .before, concrete.union(.sky)),
    Adjective(
      "beautiful", "beau belle beaux belles bel", .before,
      concrete.union([.sky, .text]).subtracting(.food)),
    Adjective("old", "vieux vieille vieux vieilles vieil", .before, concrete.subtracting(.food)),
    Adjective(
      "new", "nouveau nouvelle nouveaux nouvelles nouvel", .before,
      [.kin, .thing, .text, .clothing, .furniture, .building, .vehicle, .part],
      isPredicative: false),
    Adjective("good", "bon bonne", .before, [.human, .food, .drink, .text, .tool, .seat]),
    Adjective("bad", "mauvais mauvaise", .before, [.human, .food, .drink, .text, .tool]),
    Adjective(
      "pretty", "joli jolie", .before,
      [.thing, .clothing, .building, .place, .plant, .furniture, .vehicle, .music]),
    Adjective("young", "jeune", .before, .living),
    Adjective("fat", "gros grosse gros grosses", .before, .living),
    Adjective("long", "long longue", .before, .long),
    Adjective("enormous", "énorme", .before, concrete.union(.sky), isGradable: false),
    Adjective(
      "excellent", "excellent excellente", .before,
      [.food, .drink, .text, .tool, .kin, .building], isGradable: false),
    Adjective(
      "other", "autre", .before, countable, isGradable: false, isOrdinal: true),
    Adjective(
      "first", "premier première", .before, countable, isGradable: false, isOrdinal: true),
    Adjective(
      "last", "dernier dernière", .before, countable, isGradable: false, isOrdinal: true),

    Adjective("brown", "brun brune", coloured),
    Adjective("black", "noir noire", coloured),
    Adjective("white", "blanc blanche", coloured.union(.sky)),
    Adjective("red", "rouge", coloured.union(.sky).subtracting(.animal)),
    Adjective("green", "vert verte", coloured.subtracting(.animal)),
    Adjective("blue", "bleu bleue", coloured.subtracting(.animal)),
    Adjective("yellow", "jaune", coloured.subtracting(.animal)),
    Adjective("gray", "gris grise", coloured.union(.sky).subtracting(.plant)),
    Adjective("happy", "heureux heureuse", .living),
    Adjective("sad", "triste", [.human, .animal, .text]),
    Adjective("tired", "fatigué fatiguée", .living),
    Adjective("intelligent", "intelligent intelligente", .living),
    Adjective("strong", "fort forte", [.human, .animal, .drink]),
    Adjective("rich", "riche", .human),
    Adjective("famous", "célèbre", [.human, .text, .place]),
    Adjective("brave", "courageux courageuse", .living),
    Adjective("curious", "curieux curieuse", .living),
    Adjective("dangerous", "dangereux dangereuse", [.animal, .tool, .place, .vehicle]),
    Adjective("strange", "étrange", [.human, .animal, .text, .thing, .place, .plant]),
    Adjective("round", "rond ronde", [.hollow, .furniture, .shining, .opening]),
    Adjective("heavy", "lourd lourde", [.thing, .furniture, .opening]),
    Adjective("light", "léger légère", [.thing, .clothing, .seat]),
    Adjective("empty", "vide", [.hollow, .place, .vehicle]),
    Adjective("expensive", "cher chère", [.thing, .clothing, .furniture, .vehicle, .edible]),
    Adjective("warm", "chaud chaude", [.food, .drink, .clothing]),
    Adjective("cold", "froid froide", [.food, .drink, .part, .place]),
    Adjective("delicious", "délicieux délicieuse", .edible, isGradable: false),
    Adjective("comfortable", "confortable", [.seat, .clothing, .building, .vehicle]),
    Adjective("interesting", "intéressant intéressante", [.text, .human, .place]),
    Adjective("modern", "moderne", [.building, .furniture, .vehicle, .thing]),
    Adjective("quiet", "calme", [.living, .place]),
    Adjective("mysterious", "mystérieux mystérieuse", [.living, .text, .place]),
    Adjective(
      "magnificent", "magnifique", [.animal, .place, .clothing, .plant, .sky, .text],
      isGradable: false),
    Adjective(
      "extraordinary", "extraordinaire", [.human, .animal, .text, .place], isGradable: false),
  ])
}
