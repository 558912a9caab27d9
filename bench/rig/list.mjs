import { writeFileSync } from "node:fs";

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

/**
 * Writes a list of `rows` valid recipients, all different, with the columns of
 * examples/recipients.csv. The same `serial` gives the same list.
 */
export function writeList({ path, rows, serial }) {
  const lines = ["phone,first_name,last_name,city,discount,language"];
  for (let i = 0; i < rows; i++) {
    // A step without a common divisor with the range visits every number once, in no order.
    const at = (serial * 1_000_003 + i * STEP) % PHONES;
    const digits = `60${String(at).padStart(7, "0")}`;
    const phone = `+48 ${digits.slice(0, 3)} ${digits.slice(3, 6)} ${digits.slice(6)}`;
    const pick = (from, by) => from[Math.floor(at / by) % from.length];
    const cells = [phone, pick(FIRST, 1), pick(LAST, 11), pick(CITIES, 101)];
    lines.push([...cells, pick(DISCOUNTS, 1_009), "pl"].join(","));
  }
  writeFileSync(path, `${lines.join("\n")}\n`);
}
