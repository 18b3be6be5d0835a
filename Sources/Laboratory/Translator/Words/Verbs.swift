extension Lexicon {
  private static let carried: NounKinds = [.thing, .clothing]
  private static let seen: NounKinds = [
    .human, .animal, .thing, .clothing, .place, .vehicle, .plant, .sky,
  ]

  /// The verbs: English (base, third person, past), French (infinitive, five present forms,
  /// participle), subjects, objects, what can follow.
  package static let verbs: [Verb] = numbered([
    // Intransitive, with avoir.
    Verb(
      "run runs ran", "courir cours cours court courons courent couru", by: .living, [],
      [.location, .manner, .company]),
    Verb(
      "sleep sleeps slept", "dormir dors dors dort dormons dorment dormi", by: .living, [],
      [.location, .company]),
    Verb("walk walks walked", "marcher", by: .living, [], [.location, .manner, .company]),
    Verb(
      "swim swims swam", "nager nage nages nage nageons nagent nagé", by: .living, [],
      [.manner, .company]),
    Verb("work works worked", "travailler", [], [.location, .manner, .company]),
    Verb("sing sings sang", "chanter", .music, [.location, .manner, .company, .optionalObject]),
    Verb("dance dances danced", "danser", [], [.location, .manner, .company]),
    Verb("laugh laughs laughed", "rire ris ris rit rions rient ri", [], [.manner, .company]),
    Verb(
      "smile smiles smiled", "sourire souris souris sourit sourions sourient souri", [],
      [.location]),
    Verb("cry cries cried", "pleurer", [], [.location]),
    Verb("jump jumps jumped", "sauter", by: .living, [], [.location]),
    Verb(
      "travel travels traveled", "voyager voyage voyages voyage voyageons voyagent voyagé", [],
      [.manner, .company]),
    Verb(
      "disappear disappears disappeared",
      "disparaître disparais disparais disparaît disparaissons disparaissent disparu",
      by: [.living, .thing], [], .manner),
    Verb("fly flies flew", "voler", by: .flier, [], .manner),
    Verb("shine shines shone", "briller", by: .shining),
    Verb("talk talks talked", "parler", [], [.recipient, .needsPhrase, .manner]),

    // Intransitive, with être.
    Verb(
      "go goes went", "aller vais vas va allons vont allé", etre: true, by: .living, [],
      [.goal, .needsPhrase, .manner, .company]),
    Verb(
      "come comes came", "venir viens viens vient venons viennent venu", etre: true, by: .living,
      [], [.origin, .company]),
    Verb(
      "arrive arrives arrived", "arriver", etre: true, by: [.living, .vehicle], [],
      [.origin, .company]),
    Verb(
      "leave leaves left", "partir pars pars part partons partent parti", etre: true,
      by: [.living, .vehicle], [], [.manner, .company]),
    Verb(
      "return returns returned", "revenir reviens reviens revient revenons reviennent revenu",
      etre: true, by: [.living, .vehicle], [], [.origin, .company]),
    Verb("fall falls fell", "tomber", etre: true, by: [.living, .thing], [], .location),
    Verb(
      "die dies died", "mourir meurs meurs meurt mourons meurent mort", etre: true,
      by: [.living, .plant], [], .location),
    Verb("stay stays stayed", "rester", etre: true, by: .living, [], [.location, .company]),
    Verb(
      "enter enters entered", "entrer", etre: true, by: .living, [], [.manner, .company]),

    // Transitive.
    Verb(
      "eat eats ate", "manger mange manges mange mangeons mangent mangé", by: .living, .food,
      [.location, .manner, .company]),
    Verb(
      "drink drinks drank", "boire bois bois boit buvons boivent bu", .drink,
      [.location, .manner, .company]),
    Verb("see sees saw", "voir vois vois voit voyons voient vu", by: .living, seen, .location),
    Verb("love loves loved", "aimer", [.living, .edible, .text, .place, .clothing]),
    Verb("find finds found", "trouver", by: .living, [.thing, .clothing, .animal], .location),
    Verb(
      "buy buys bought", "acheter achète achètes achète achetons achètent acheté",
      [.edible, .thing, .clothing, .furniture, .vehicle], [.location, .beneficiary]),
    Verb(
      "sell sells sold", "vendre vends vends vend vendons vendent vendu",
      [.edible, .thing, .clothing, .furniture, .vehicle, .animal], [.location, .recipient]),
    Verb(
      "take takes took", "prendre prends prends prend prenons prennent pris",
      carried.union(.food), .location),
    Verb("carry carries carried", "porter", carried.union([.furniture]), .manner),
    Verb(
      "wash washes washed", "laver", [.clothing, .hollow, .opening, .vehicle, .animal],
      [.location, .manner]),
    Verb(
      "open opens opened", "ouvrir ouvre ouvres ouvre ouvrons ouvrent ouvert", .opening,
      [.manner]),
    Verb("close closes closed", "fermer", .opening, .manner),
    Verb("break breaks broke", "casser", .breakable, .instrument),
    Verb(
      "paint paints painted", "peindre peins peins peint peignons peignent peint",
      [.living, .place, .part, .furniture, .plant, .vehicle], .manner),
    Verb("draw draws drew", "dessiner", seen.union(.furniture), .manner),
    Verb(
      "clean cleans cleaned", "nettoyer nettoie nettoies nettoie nettoyons nettoient nettoyé",
      [.thing, .furniture, .part, .building, .clothing, .vehicle], .manner),
    Verb(
      "prepare prepares prepared",
      "préparer prépare prépares prépare préparons préparent préparé", .edible,
      [.location, .manner, .beneficiary]),
    Verb(
      "write writes wrote", "écrire écris écris écrit écrivons écrivent écrit", .text,
      [.location, .manner, .beneficiary]),
    Verb("lose loses lost", "perdre perds perds perd perdons perdent perdu", carried, .location),
    Verb("forget forgets forgot", "oublier", [.thing, .clothing, .human, .text]),
    Verb(
      "choose chooses chose", "choisir choisis choisis choisit choisissons choisissent choisi",
      [.edible, .thing, .clothing, .furniture, .text, .vehicle], [.manner, .beneficiary]),
    Verb(
      "watch watches watched", "regarder", by: .living, [.living, .sky, .place, .vehicle],
      [.location, .manner]),
    Verb(
      "hear hears heard", "entendre entends entends entend entendons entendent entendu",
      by: .living, [.living, .music, .vehicle]),
    Verb(
      "follow follows followed", "suivre suis suis suit suivons suivent suivi", by: .living,
      [.living, .vehicle], [.location, .manner]),
    Verb("help helps helped", "aider", .living, .manner),
    Verb("visit visits visited", "visiter", .place, .company),
    Verb("meet meets met", "rencontrer", .human, .location),
    Verb("hide hides hid", "cacher", by: .living, carried.union(.food), .location),
    Verb(
      "throw throws threw", "lancer lance lances lance lançons lancent lancé",
      [.thing, .clothing], .location),
    Verb("bring brings brought", "apporter", [.thing, .edible, .clothing], [.recipient]),
    Verb("give gives gave", "donner", [.thing, .edible, .clothing, .animal], [.recipient]),
    Verb("show shows showed", "montrer", [.thing, .clothing, .animal, .place], [.recipient]),
    Verb(
      "send sends sent", "envoyer envoie envoies envoie envoyons envoient envoyé", [.thing],
      [.recipient]),
    Verb(
      "build builds built",
      "construire construis construis construit construisons construisent construit",
      .building, .manner),
    Verb(
      "repair repairs repaired", "réparer",
      [.breakable, .vehicle, .part, .furniture, .building], [.instrument, .manner]),
    Verb("admire admires admired", "admirer", [.human, .place, .sky, .plant, .thing, .clothing]),
  ])
}
