const FOR_FICTION =
  /^(?:1\d{3}55501\d\d|4917139200\d\d|4917604069\d\d\d|467017406\d\d|6149157\d{4})$/;
/** Of films, and of the sandbox, which forces their outcomes. */
const MAGIC = /^1\d{3}555900\d$/;

/** Whether the phone of a row of the example list is one that no one has, or none at all. */
export function reachesNoOne(row: string): boolean {
  const digits = (row.split(",")[0] ?? "").replaceAll(/\D/g, "");
  return digits.length < 10 || FOR_FICTION.test(digits) || MAGIC.test(digits);
}
