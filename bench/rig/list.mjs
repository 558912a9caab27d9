import { closeSync, openSync, writeSync } from "node:fs";

const FIRST = [
  "Agnieszka",
  "Łukasz",
  "Inês",
  "Märta",
  "Jürgen",
  "Zoë",
  "",
  "Paweł",
  "Ana",
  "Chloé",
];
const LAST = ["Wójcik", "Öberg", "Gonçalves", "Müller", "Nowak", "O'Neill", "García", "Kowalska"];
const CITIES = ["Łódź", "Kraków", "Gdańsk", "Poznań", "Wrocław", '"Warszawa, Mokotów"', "Lublin"];
const DISCOUNTS = ["10%", "15%", "20%"];
const STEP = 7_368_787;
const PHONES = 10_000_000;

/** Rows that are written at once: ten million are more than a string can hold. */
const ROWS_AT_ONCE = 50_000;

/**
 * Writes a list of `rows` valid recipients, all different, with the columns of
 * examples/recipients.csv. The same `serial` gives the same list.
 */
export function writeList({ path, rows, serial }) {
  const file = openSync(path, "w");
  writeSync(file, "phone,first_name,last_name,city,discount,language\n");
  for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
    let text = "";
    for (let row = from; row < Math.min(rows, from + ROWS_AT_ONCE); row++) {
      const at = placeOf({ row, serial });
      const pick = (some, by) => some[Math.floor(at / by) % some.length];
      const cells = [phoneAt(at), pick(FIRST, 1), pick(LAST, 11), pick(CITIES, 101)];
      text += `${[...cells, pick(DISCOUNTS, 1_009), "pl"].join(",")}\n`;
    }
    writeSync(file, text);
  }
  closeSync(file);
}

/** The phone of a row (from 0) of such a list. */
export function phoneOf({ row, serial }) {
  return phoneAt(placeOf({ row, serial }));
}

/** A step without a common divisor with the range visits every number once, in no order. */
function placeOf({ row, serial }) {
  return (serial * 1_000_003 + row * STEP) % PHONES;
}

function phoneAt(at) {
  const digits = `60${String(at).padStart(7, "0")}`;
  return `+48 ${digits.slice(0, 3)} ${digits.slice(3, 6)} ${digits.slice(6)}`;
}
