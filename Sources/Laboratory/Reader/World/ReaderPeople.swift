/// A person of the reader's world: invented, as are all facts of people.
package struct ReaderPerson: Codable, Sendable, Hashable {
  /// First and last name; ten people share each.
  package var name: [String]
  /// A capital, as words.
  package var birthplace: [String]
  /// The country of the birthplace, as words.
  package var homeland: [String]
  /// What they do.
  package var profession: String
  /// The same as a verb: a painter paints.
  package var verb: String
}

/// A company of the reader's world: invented.
package struct ReaderCompany: Codable, Sendable, Hashable {
  /// Three words; several companies share each.
  package var name: [String]
  /// A capital, as words.
  package var seat: [String]
  /// What it makes.
  package var product: String
}

/// The names that the reader's world is peopled from.
package enum ReaderNames {
  /// First names of women; the first ten have last names too.
  package static let women = words(
    """
    Anna Emma Julia Nina Sarah Maria Clara Laura Sofia Helen Alice Lucy Marie Eva Lena Ida Rosa \
    Ella Mia Zoe Olga Vera Irene Diana Carla Paula Elena Monica Lydia Martha Ruth Judith Agnes \
    Edith Grace Chloe Hannah Amy Kate Jane Mary Susan Karen Linda Nancy Betty Carol Donna Joan \
    Alma Greta Heidi Ingrid Astrid Tessa
    """)

  /// First names of men; the first ten have last names too.
  package static let men = words(
    """
    Paul Tom Peter Martin Daniel Hugo David Oscar Victor Simon Louis Max Felix Leo Jack Adam Ben \
    Sam Tim Jim Bob Fred Frank George Henry Arthur Walter Albert Ernest Oliver Thomas Robert \
    Edward Philip Steven Kevin Brian Eric Ivan Boris Igor Marco Carlos Pedro Diego Pablo Jorge \
    Karl Otto Kurt Hans Fritz Nils Lars John
    """)

  /// All first names.
  static let first = women + men

  static let last = words(
    """
    Weber Novak Rossi Silva Tanaka Fischer Moreau Larsen Petrov Garcia Murphy Santos Keller \
    Dubois Jansen Bauer Romano Lindberg Horvat Nagy
    """)

  /// What people do, with the verb.
  static let professions = words(
    """
    painter/paints baker/bakes singer/sings writer/writes teacher/teaches farmer/farms \
    pilot/flies sailor/sails dancer/dances cook/cooks builder/builds hunter/hunts tailor/sews \
    weaver/weaves drummer/drums skater/skates diver/dives climber/climbs printer/prints \
    judge/judges
    """
  ).map { $0.split(separator: "/").map(String.init) }.map { (noun: $0[0], verb: $0[1]) }

  static let companies = [
    words("Royal Silver Golden New North South"), words("River Mountain Star Bridge Garden Lake"),
    words("Motors Foods Brothers Works"),
  ]

  static let products = words(
    "shoes lamps clocks chairs hats boats bicycles guitars cups knives bells pens")

  static func words(_ text: String) -> [String] {
    text.split(whereSeparator: \.isWhitespace).map(String.init)
  }
}
