/**
 * How a cell writes the phone of its row, with `#` for the digits that both have, from the end on:
 *
 *     +48 603 000 009   of 48603000009   +## ### ### ###
 *     0603-000-009      of 48603000009   0###-###-###
 *
 * A list writes nearly all of its phones in one way, so a batch stores that once, and each cell
 * only if it differs. Mask and phone give back exactly the cell.
 */

const DIGIT_OF_PHONE = "#";
/** No mask is worth its place if it shares less with the phone. */
const SHARED_MIN = 7;
/**
 * Of digits a mask has only zeros, so it never keeps a number of a person who is erased; and no
 * cell has a `#` of its own.
 */
const CELL = /^[0-9\s+\-()./]{7,40}$/;
const MASK = /^[^1-9]*$/;

/** Null if the cell cannot be made from the phone, or has too little of it. */
export function phoneMask(cell: string, phone: string): string | null {
  if (!CELL.test(cell)) return null;
  let [mask, left] = ["", phone.length];
  for (let at = cell.length - 1; at >= 0; at--) {
    const isShared = left > 0 && cell[at] === phone[left - 1];
    if (isShared) left--;
    mask = (isShared ? DIGIT_OF_PHONE : (cell[at] ?? "")) + mask;
  }
  return phone.length - left >= SHARED_MIN && MASK.test(mask) ? mask : null;
}

/**
 * Whether {@link maskedPhone} gives this cell. An import asks it of each row, and to make the cell
 * only to compare it takes five times as long.
 */
export function isMaskedPhone(cell: string, mask: string, phone: string): boolean {
  let [at, left] = [cell.length, phone.length];
  for (let place = mask.length - 1; place >= 0; place--) {
    const isDigit = mask[place] === DIGIT_OF_PHONE;
    if (isDigit && left === 0) continue;
    const char = isDigit ? phone[--left] : mask[place];
    if (cell[--at] !== char) return false;
  }
  return at === 0;
}

/** The cell that the mask makes of the phone; of one with too few digits as much as it has. */
export function maskedPhone(mask: string, phone: string): string {
  let [cell, left] = ["", phone.length];
  for (let at = mask.length - 1; at >= 0; at--) {
    const char = mask[at] ?? "";
    cell = (char === DIGIT_OF_PHONE ? (phone[--left] ?? "") : char) + cell;
  }
  return cell;
}
