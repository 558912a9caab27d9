import { accept, type Result, refuse } from "../core/refusal.ts";
import type { Access } from "./access.ts";

/** Open streams of this process. */
const ALL_MAX = 100;
/** Of one person, so that one with many tabs or a wild script leaves room for the others. */
const EACH_MAX = 20;

/** Bounds how many streams of a kind are open, in all and of one person. */
export function createSeats({ all: allMax = ALL_MAX, each: eachMax = EACH_MAX } = {}) {
  const taken = new Map<string, number>();
  let all = 0;

  return {
    /** A seat, and how to leave it, which is done once. Refusal: `streams_too_many`. */
    take(access: Access): Result<() => void> {
      const who = holderOf(access);
      const own = taken.get(who) ?? 0;
      if (all >= allMax) return refuseMany(`${allMax} event streams are open`);
      if (own >= eachMax) return refuseMany(`${eachMax} event streams of yours are open`);
      all++;
      taken.set(who, own + 1);
      return accept(() => {
        all--;
        const left = (taken.get(who) ?? 0) - 1;
        if (left > 0) taken.set(who, left);
        else taken.delete(who);
      });
    },
  };
}

/** The shared password has many holders: each browser or address of them counts as one. */
function holderOf({ who, session, from }: Access): string {
  return who === "password" ? `password ${session ?? from}` : who;
}

function refuseMany(words: string) {
  return refuse(
    "streams_too_many",
    `${words}, which is the most.`,
    "Close some: a page renews itself every 10 seconds until then, and a script asks for the campaign again and again with If-None-Match.",
  );
}
