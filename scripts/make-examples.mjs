// Writes examples/recipients.csv: 1,000 made-up people, the same ones each time.
//
// Names and cities are drawn from lists. Phones are numbers that are set aside for fiction, so that
// the list reaches no one even if it is sent for real; few countries have valid ones, so most of
// these people live in Canada. None is in the United States, where Meta delivers no marketing
// messages. Some rows are broken on purpose, as real lists are, and a few phones end in the
// sandbox's magic digits behind the 555 of films, so that the demo shows every kind of outcome.
// With the argument `-` the list is printed, not written.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROWS = 1_000;
const random = mulberry32(20261201);

/** Area codes of Canada, in each of which 555-0100 to 0199 are for fiction. */
const CANADA = ["204", "250", "306", "403", "416", "418", "506", "514", "604", "613", "705", "902"];
/** The mobile numbers that Australia's regulator keeps for fiction, without 0491. */
const AUSTRALIA = [
  ...["570 006", "570 156", "570 157", "570 158", "570 159", "570 110", "570 313", "570 737"],
  ...["571 266", "571 491", "571 804", "572 549", "572 665", "572 983", "573 770", "573 087"],
  ...["574 118", "574 632", "575 254", "575 789", "576 398", "576 801", "577 426", "577 644"],
];

/** Beside those: Germany's 0171 39200 xx and 0176 040690 xx, and Sweden's 070-174 06 05 to 99. */
const PHONES = shuffle([
  ...range(0, 100).map((last) => `+49 171 39200${last}`),
  ...range(0, 100).map((last) => `+49 176 040690${last}`),
  ...range(5, 100).map((last) => `+46 70 174 06 ${last}`),
  ...AUSTRALIA.map((last) => `+61 491 ${last}`),
  ...CANADA.flatMap((area) => range(0, 100).map((last) => `+1 ${area} 555-01${last}`)),
]);

const COUNTRIES = [
  {
    language: "pl",
    weight: 34,
    first: [
      "Łukasz",
      "Małgorzata",
      "Paweł",
      "Agnieszka",
      "Zofia",
      "Grzegorz",
      "Ścibor",
      "Żaneta",
      "Michał",
      "Elżbieta",
    ],
    last: [
      "Wójcik",
      "Kowalska",
      "Dąbrowski",
      "Jabłońska",
      "Zając",
      "Król",
      "Święcicka",
      "Michalski",
    ],
    cities: ["Kraków", "Łódź", "Wrocław", "Gdańsk", "Poznań", "Świnoujście", "Białystok"],
  },
  {
    language: "en",
    weight: 14,
    first: ["Olivia", "Marcus", "Beth", "Siân", "Siobhán", "Ruth", "Jack", "Priya"],
    last: ["O'Neill", "Llewellyn", "Nguyen", "Baker, Jr.", "Fortescue-Smith", "Brontë", "Patel"],
    cities: ["London", "Leeds", "Newport, Isle of Wight", "Newport, Gwent", "Stoke-on-Trent"],
  },
  {
    language: "de",
    weight: 14,
    first: ["Jürgen", "Käthe", "Björn", "Anneliese", "Jörg", "Ümit", "Franziska"],
    last: ["Müller", "Weiß", "Schäfer", "von der Höhe", "Groß", "Köhler"],
    cities: ["München", "Köln", "Frankfurt (Oder)", "Düsseldorf", "Lübeck", "Görlitz"],
  },
  {
    language: "es",
    weight: 12,
    first: ["José", "María Ángeles", "Íñigo", "Begoña", "Andrés", "Nuria", "Óscar"],
    last: ["Muñoz", "Fernández", "Ibáñez", "Peña", "López de la Torre", "Güell"],
    cities: ["Málaga", "A Coruña", "Logroño", "Cádiz", "Palma, Illes Balears"],
  },
  {
    language: "pt",
    weight: 10,
    first: ["João", "Conceição", "Luís", "Inês", "Antônio", "Thaís"],
    last: ["Gonçalves", "Araújo", "da Conceição", "Simões", "Brandão"],
    cities: ["São Paulo", "Guarulhos", "Santo André", "São Caetano do Sul"],
  },
  {
    language: "sv",
    weight: 6,
    first: ["Åsa", "Björn", "Märta", "Göran", "Örjan"],
    last: ["Åkesson", "Söderström", "Lindqvist", "Öberg"],
    cities: ["Malmö", "Göteborg", "Västerås"],
  },
  {
    language: "en",
    weight: 5,
    first: ["Matilda", "Lachlan", "Bronte", "Xanthe"],
    last: ["O'Brien", "Nguyen", "McKenzie"],
    cities: ["Sydney", "Wagga Wagga, NSW", "Perth"],
  },
  {
    language: "fr",
    weight: 5,
    first: ["Zoë", "François", "Hélène", "Anaïs", "Jérôme"],
    last: ["Lefèvre", "d'Aubigné", "Bœuf", "Hervé"],
    cities: ["Orléans", "Saint-Étienne", "Besançon"],
  },
];

/** What is wrong with a row, and how many rows are like that. About 5 % of the list in all. */
const BROKEN = [
  { rows: 12, phone: () => "" },
  { rows: 10, phone: (good) => good.slice(0, 9) },
  { rows: 8, phone: () => "4.86097E+10" },
  { rows: 6, phone: () => "ask at the till" },
  { rows: 4, discount: () => "" },
];
const DUPLICATES = 18;

/** The sandbox's magic endings: 429 once, undeliverable, opted out, accepted but answered 500. */
const MAGIC = [
  { ending: "555 9001", rows: 4 },
  { ending: "555 9002", rows: 9 },
  { ending: "555 9003", rows: 3 },
  { ending: "555 9004", rows: 2 },
];

const people = makePeople();
const lines = [["phone", "first_name", "last_name", "city", "discount", "language"], ...people];
const text = `${lines.map((cells) => cells.map(cell).join(",")).join("\n")}\n`;
const path = fileURLToPath(new URL("../examples/recipients.csv", import.meta.url));
if (process.argv[2] === "-") process.stdout.write(text);
else writeFileSync(path, text);

function makePeople() {
  const used = new Set();
  const rows = Array.from({ length: ROWS }, makePerson);
  // The first rows are good ones: a preview of the first message should look like the rest.
  const places = shuffle(Array.from({ length: ROWS - 20 }, (_, index) => index + 20));
  for (const { ending, rows: count } of MAGIC) {
    for (let done = 0; done < count; done++) {
      const row = rows[places.pop()];
      do row[0] = `+1 ${pick(CANADA)} ${ending}`;
      while (used.has(row[0]));
      used.add(row[0]);
    }
  }
  for (const broken of BROKEN) {
    for (let done = 0; done < broken.rows; done++) {
      const row = rows[places.pop()];
      if (broken.phone) row[0] = broken.phone(row[0]);
      if (broken.discount) row[4] = broken.discount();
    }
  }
  // The same person in another spelling, further down.
  for (let done = 0; done < DUPLICATES; done++) {
    const place = places.pop();
    rows[place][0] = rows[done][0].replaceAll(/[\s-]/g, done % 2 === 0 ? "" : ".");
  }
  return rows;
}

function makePerson() {
  const country = weighted(COUNTRIES);
  const first = random() < 0.04 ? "" : pick(country.first);
  const discount = pick(["10%", "15%", "20%"]);
  const who = [first, pick(country.last), pick(country.cities)];
  return [PHONES.pop(), ...who, discount, country.language];
}

function cell(text) {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Two digits each. */
function range(from, to) {
  return Array.from({ length: to - from }, (_, at) => String(from + at).padStart(2, "0"));
}

function pick(list) {
  return list[Math.floor(random() * list.length)];
}

function weighted(list) {
  let left = random() * list.reduce((sum, { weight }) => sum + weight, 0);
  for (const item of list) {
    left -= item.weight;
    if (left < 0) return item;
  }
  return list[0];
}

function shuffle(list) {
  for (let at = list.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [list[at], list[other]] = [list[other], list[at]];
  }
  return list;
}

/** A small seeded generator (public domain, Tommy Ettinger). */
function mulberry32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
