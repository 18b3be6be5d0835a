/// The common words of the reader's world, by what is known of them.
package enum ReaderWords {
  /// Things by their kind, as in "apple : a kind of fruit".
  static let kinds: [(kind: String, members: [String])] = [
    (
      "animal",
      "cat dog horse cow pig bird mouse lion wolf bear rabbit duck frog snake goat fox monkey sheep"
    ),
    ("fruit", "apple banana pear lemon cherry orange plum peach grape melon"),
    ("instrument", "piano violin guitar drum flute trumpet"),
    ("tool", "hammer knife saw spoon needle shovel"),
    ("color", "red blue green yellow black white brown gray pink purple"),
    ("vehicle", "car train boat bus bicycle truck"),
    ("furniture", "table chair bed lamp"),
    ("clothing", "hat coat shoe shirt glove scarf"),
  ].map { ($0.0, ReaderNames.words($0.1)) }

  /// The kind of every thing that has one.
  static let kindOfThing: [(thing: String, kind: String)] = kinds.flatMap { kind, members in
    members.map { ($0, kind) }
  }

  /// Words and their opposites; each is the other's.
  static let opposites = pairs(
    """
    hot/cold big/small old/young fast/slow high/low long/short light/dark hard/soft wet/dry \
    full/empty open/closed rich/poor early/late good/bad strong/weak clean/dirty happy/sad \
    loud/quiet thick/thin near/far sweet/sour right/wrong first/last
    """)

  /// Nouns and their plurals.
  static let plurals = pairs(
    """
    cat/cats dog/dogs horse/horses cow/cows pig/pigs bird/birds mouse/mice wolf/wolves apple/apples \
    pear/pears lemon/lemons cherry/cherries car/cars boat/boats bus/buses chair/chairs lamp/lamps \
    hat/hats shoe/shoes cup/cups bell/bells pen/pens clock/clocks knife/knives guitar/guitars \
    bicycle/bicycles book/books key/keys box/boxes child/children
    """)

  /// Verbs and their past.
  static let pasts = pairs(
    """
    walk/walked run/ran sing/sang sleep/slept swim/swam dance/danced laugh/laughed smile/smiled \
    cry/cried jump/jumped talk/talked eat/ate drink/drank write/wrote cook/cooked paint/painted \
    work/worked play/played wait/waited wake/woke fall/fell fly/flew sit/sat stand/stood \
    dream/dreamed leave/left speak/spoke shout/shouted
    """)

  /// Where people go; each with an article.
  static let places = ReaderNames.words(
    "park market school garden station office museum beach store kitchen library hotel")

  /// What people give.
  static let gifts = ReaderNames.words(
    "book key ring letter pen cup basket lamp hat clock box bell coat ball flower picture")

  private static func pairs(_ text: String) -> [(String, String)] {
    ReaderNames.words(text).map { pair in
      let parts = pair.split(separator: "/").map(String.init)
      return (parts[0], parts[1])
    }
  }
}
