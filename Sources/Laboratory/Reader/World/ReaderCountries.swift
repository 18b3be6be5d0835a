/// A country as the reader knows it.
package struct ReaderCountry: Codable, Sendable, Hashable {
  /// Its English name, as words.
  package var name: [String]
  /// Its capital, as words.
  package var capital: [String]
  /// The base unit of its currency, without the country's name.
  package var currency: String
  /// Of its official languages the one most used.
  package var language: [String]
  /// The part of the world it lies in, as words.
  package var region: [String]
  /// The continent, North and South America apart.
  package var continent: [String]

  /// The translator's countries, and twenty whose names or capitals have several words or share one.
  ///
  /// True of the real world at the beginning of 2026 (Bulgaria and Croatia pay in euros). Regions
  /// and continents are the geoscheme's of the United Nations, but for Iran and the Arab countries
  /// of Western Asia, which are called the Middle East, and Armenia and Georgia, the Caucasus.
  package static let all: [ReaderCountry] =
    zip(Country.all, oneWord).map { country, line in
      let facts = fields(line)
      precondition(
        facts[0] == [country.name], "the facts of \(country.name) are out of the capitals' order")
      return ReaderCountry(name: facts[0], capital: [country.capital], facts: facts.dropFirst())
    }
    + severalWords.map { line in
      let facts = fields(line)
      return ReaderCountry(name: facts[0], capital: facts[1], facts: facts.dropFirst(2))
    }

  private init(name: [String], capital: [String], facts: ArraySlice<[String]>) {
    let facts = Array(facts)
    self.name = name
    self.capital = capital
    currency = facts[0][0]
    language = facts[1]
    region = facts[2]
    continent =
      switch facts[2].joined(separator: " ") {
      case "the Caribbean", "Central America", "North America": ["North", "America"]
      case "South America": ["South", "America"]
      case "the Caucasus", "the Middle East": ["Asia"]
      default: [facts[2].last!]
      }
  }

  private static func fields(_ line: String) -> [[String]] {
    line.split(separator: "|").map { $0.split(separator: " ").map(String.init) }
  }

  private static let oneWord = [
    "Albania|lek|Albanian|Southern Europe", "Algeria|dinar|Arabic|Northern Africa",
    "Angola|kwanza|Portuguese|Central Africa", "Armenia|dram|Armenian|the Caucasus",
    "Australia|dollar|English|Oceania", "Austria|euro|German|Western Europe",
    "Belarus|ruble|Belarusian|Eastern Europe", "Belgium|euro|Dutch|Western Europe",
    "Bulgaria|euro|Bulgarian|Eastern Europe", "Canada|dollar|English|North America",
    "Chile|peso|Spanish|South America", "China|yuan|Chinese|Eastern Asia",
    "Colombia|peso|Spanish|South America", "Croatia|euro|Croatian|Southern Europe",
    "Cuba|peso|Spanish|the Caribbean", "Denmark|krone|Danish|Northern Europe",
    "Ecuador|dollar|Spanish|South America", "Egypt|pound|Arabic|Northern Africa",
    "England|pound|English|Northern Europe", "Estonia|euro|Estonian|Northern Europe",
    "Finland|euro|Finnish|Northern Europe", "France|euro|French|Western Europe",
    "Georgia|lari|Georgian|the Caucasus", "Germany|euro|German|Western Europe",
    "Ghana|cedi|English|Western Africa", "Greece|euro|Greek|Southern Europe",
    "Hungary|forint|Hungarian|Eastern Europe", "Iceland|krona|Icelandic|Northern Europe",
    "Iran|rial|Persian|the Middle East", "Iraq|dinar|Arabic|the Middle East",
    "Ireland|euro|English|Northern Europe", "Italy|euro|Italian|Southern Europe",
    "Japan|yen|Japanese|Eastern Asia", "Kenya|shilling|Swahili|Eastern Africa",
    "Latvia|euro|Latvian|Northern Europe", "Lebanon|pound|Arabic|the Middle East",
    "Libya|dinar|Arabic|Northern Africa", "Lithuania|euro|Lithuanian|Northern Europe",
    "Luxembourg|euro|Luxembourgish|Western Europe", "Mongolia|tugrik|Mongolian|Eastern Asia",
    "Morocco|dirham|Arabic|Northern Africa", "Nepal|rupee|Nepali|Southern Asia",
    "Nigeria|naira|English|Western Africa", "Norway|krone|Norwegian|Northern Europe",
    "Peru|sol|Spanish|South America", "Poland|zloty|Polish|Eastern Europe",
    "Portugal|euro|Portuguese|Southern Europe", "Romania|leu|Romanian|Eastern Europe",
    "Russia|ruble|Russian|Eastern Europe", "Senegal|franc|French|Western Africa",
    "Serbia|dinar|Serbian|Southern Europe", "Slovakia|euro|Slovak|Eastern Europe",
    "Spain|euro|Spanish|Southern Europe", "Sweden|krona|Swedish|Northern Europe",
    "Switzerland|franc|German|Western Europe", "Syria|pound|Arabic|the Middle East",
    "Thailand|baht|Thai|Southeast Asia", "Tunisia|dinar|Arabic|Northern Africa",
    "Ukraine|hryvnia|Ukrainian|Eastern Europe", "Vietnam|dong|Vietnamese|Southeast Asia",
    "Zambia|kwacha|English|Eastern Africa",
  ]

  private static let severalWords = [
    "Argentina|Buenos Aires|peso|Spanish|South America",
    "Costa Rica|San Jose|colon|Spanish|Central America",
    "El Salvador|San Salvador|dollar|Spanish|Central America",
    "Guinea|Conakry|franc|French|Western Africa", "India|New Delhi|rupee|Hindi|Southern Asia",
    "Kuwait|Kuwait City|dinar|Arabic|the Middle East",
    "Malaysia|Kuala Lumpur|ringgit|Malay|Southeast Asia",
    "Mexico|Mexico City|peso|Spanish|Central America",
    "New Zealand|Wellington|dollar|English|Oceania",
    "North Korea|Pyongyang|won|Korean|Eastern Asia",
    "North Macedonia|Skopje|denar|Macedonian|Southern Europe",
    "Panama|Panama City|balboa|Spanish|Central America",
    "Papua New Guinea|Port Moresby|kina|Tok Pisin|Oceania",
    "Saudi Arabia|Riyadh|riyal|Arabic|the Middle East",
    "Sierra Leone|Freetown|leone|English|Western Africa",
    "South Korea|Seoul|won|Korean|Eastern Asia",
    "South Sudan|Juba|pound|English|Eastern Africa",
    "Sudan|Khartoum|pound|Arabic|Northern Africa",
    "Trinidad and Tobago|Port of Spain|dollar|English|the Caribbean",
    "United Arab Emirates|Abu Dhabi|dirham|Arabic|the Middle East",
  ]
}
