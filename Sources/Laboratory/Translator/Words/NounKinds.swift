/// What a noun can do and have done to it, so that generated sentences make sense.
package struct NounKinds: OptionSet, Sendable, Hashable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }
  private init(bit: UInt32) { rawValue = 1 << bit }

  static let human = NounKinds(bit: 0)
  /// People one has: a brother, a teacher.
  static let kin = NounKinds(bit: 1)
  static let animal = NounKinds(bit: 2)
  static let flier = NounKinds(bit: 3)
  static let food = NounKinds(bit: 4)
  static let drink = NounKinds(bit: 5)
  /// Something to carry.
  static let thing = NounKinds(bit: 6)
  static let text = NounKinds(bit: 7)
  static let music = NounKinds(bit: 8)
  static let hollow = NounKinds(bit: 9)
  static let clothing = NounKinds(bit: 10)
  static let furniture = NounKinds(bit: 11)
  static let seat = NounKinds(bit: 12)
  /// Something that opens.
  static let opening = NounKinds(bit: 13)
  static let building = NounKinds(bit: 14)
  static let place = NounKinds(bit: 15)
  static let vehicle = NounKinds(bit: 16)
  static let plant = NounKinds(bit: 17)
  static let sky = NounKinds(bit: 18)
  static let shining = NounKinds(bit: 19)
  static let tool = NounKinds(bit: 20)
  /// A part of a building: the door of the house.
  static let part = NounKinds(bit: 21)
  static let long = NounKinds(bit: 22)
  static let breakable = NounKinds(bit: 23)

  /// Where one can be: in it, on it, under it, behind it.
  static let inside = NounKinds(bit: 24)
  static let surface = NounKinds(bit: 25)
  static let below = NounKinds(bit: 26)
  static let landmark = NounKinds(bit: 27)
  /// A place that French goes to with "à": à l'école.
  static let destination = NounKinds(bit: 28)

  static let living: NounKinds = [.human, .animal]
  static let edible: NounKinds = [.food, .drink]
  static let goods: NounKinds = [.thing, .clothing, .furniture, .vehicle]
}
