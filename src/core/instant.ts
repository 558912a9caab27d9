/** A time in milliseconds since 1970, or what is wrong with the text. */
type Instant = { ok: true; ms: number } | { ok: false; problem: string };

const SHAPE =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?(?:([Zz])|([+-])(\d{2}):(\d{2}))?$/;

const EXAMPLE = "2026-12-01T09:00:00+01:00";

/**
 * Parses an RFC 3339 date-time. The zone is required, because a campaign that starts an hour early
 * cannot be undone. Days that do not exist (31 April) are refused, not rolled over as by `Date`.
 */
export function parseInstant(text: string): Instant {
  const match = SHAPE.exec(text.trim());
  if (match === null) return wrong(text);
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as Six;
  const [fraction, zulu, sign, offsetHour, offsetMinute] = match.slice(7);
  if (zulu === undefined && sign === undefined) {
    return no(`has no time zone: end it with Z for UTC or an offset, as in ${EXAMPLE}`);
  }
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second, Math.floor(Number(fraction ?? 0) * 1000));
  const exists =
    local.getUTCMonth() === month - 1 && local.getUTCDate() === day && hour < 24 && minute < 60;
  if (!exists || second > 59) return no("is a day or a time that does not exist");
  if (sign === undefined) return { ok: true, ms: local.getTime() };
  if (Number(offsetHour) > 14 || Number(offsetMinute) > 59) {
    return no("has an impossible time zone offset");
  }
  const offsetMs = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  return { ok: true, ms: local.getTime() - (sign === "+" ? offsetMs : -offsetMs) };
}

type Six = [number, number, number, number, number, number];

function wrong(text: string): Instant {
  // LiveChat's documentation shows Go's layout string as an example of RFC 3339; people paste it.
  if (text.trim() === "2006-01-02T15:04:05Z07:00") {
    return no(`is the placeholder from LiveChat's documentation: write a date as in ${EXAMPLE}`);
  }
  return no(`is not a date and time: write it as in ${EXAMPLE}`);
}

function no(problem: string): Instant {
  return { ok: false, problem };
}
