import { layout, named } from "./layout.ts";

/** A status event, followed by its status, what its code stops, its category and its wamid. */
export const STATUS_EVENT = layout({
  digest: "c8",
  person: "c8",
  atMs: "I6",
  code: "I3",
  price: "B",
  marks: "B",
  statusBytes: "B",
  stopsBytes: "B",
  categoryBytes: "I2",
  wamidBytes: "I2",
});

/**
 * Bits of `marks` of a status event: it names its person; the phone may begin with +1; it cannot be
 * a template's. What to do when its wamid is unknown, if not to park it: ask (change nothing), or
 * park it without matching it by its person.
 */
export const EVENT_MARK = { person: 1, plusOne: 2, foreign: 4, ask: 8, unmatched: 16 } as const;

/**
 * The answer to one status event. `kind` and `text` are places, from 1, in the list of texts behind
 * the answers: most events of a call have the same ones. `kind` is of {@link EVENT_KIND}, `text`
 * the campaign, what an unmatched event waits for ({@link EVENT_WAITS}), or the reason of an error.
 */
export const STATUS_ANSWER = layout({
  kind: "I2",
  text: "I2",
  row: "I4",
  attempt: "I2",
  state: "B",
  code: "I3",
});

export const EVENT_KIND = named(["moved", "unchanged", "parked", "unmatched", "error"]);

/**
 * What a number that does not know an event's wamid waits for: an open attempt to the recipient
 * that the event fits (`fits`) or does not fit (`open`), an answer that may still name the wamid
 * (`wire`), or nothing (`none`).
 */
export const EVENT_WAITS = named(["fits", "open", "wire", "none"]);
