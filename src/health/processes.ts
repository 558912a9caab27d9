import { counted, printable } from "../core/format.ts";
import { describePause, pauseCause } from "../core/pause-reason.ts";
import {
  isNotConfigured,
  notConfiguredWords,
  UNSERVED_FIX,
  unseenWords,
  unservedWords,
  WAITING_WORDS,
} from "../export/stall-words.ts";
import type {
  Campaign,
  LiveCampaign,
  NumberStore,
  Presence,
  SeenProcess,
  UnservedNumber,
} from "../store/index.ts";
import type { Check } from "./check.ts";
import type { ProcessFacts } from "./facts.ts";

/** Whether the needed workers and webhooks processes run, and campaigns that paused themselves. */
export function processChecks(facts: ProcessFacts): Check[] {
  return [
    workers(facts),
    receivers(facts),
    ...webhookTroubles(facts),
    ...facts.live.flatMap(pausedByItself),
  ];
}

function workers({ number, mode, workers: seen, live }: ProcessFacts): Check {
  const own = { code: "workers", name: "Workers", number } as const;
  if (seen.isLive) {
    return { ...own, verdict: "ok", message: `number ${number}: a worker was seen ${ago(seen)}` };
  }
  // The check number_names says more.
  if (seen.isWaiting)
    return { ...own, verdict: "ok", message: `number ${number} ${WAITING_WORDS}` };
  const pendingIn = (wanted: Campaign["status"]): number =>
    live.reduce((sum, { status, counts }) => sum + (status === wanted ? counts.pending : 0), 0);
  const [pending, scheduled] = [pendingIn("running"), pendingIn("scheduled")];
  const missing = `number ${number}: no worker ${unseenWords(seen)}`;
  if (pending + scheduled === 0) {
    return { ...own, verdict: "ok", message: `${missing}; nothing waits` };
  }
  const waits = pending === 1 ? "1 message waits" : `${counted(pending, "message")} wait`;
  const message =
    pending > 0
      ? `${missing}; ${waits}`
      : `${missing}; ${counted(scheduled, "message")} scheduled for later`;
  const verdict = pending > 0 ? "fail" : "warn";
  const fix = isNotConfigured(seen)
    ? `${notConfiguredWords(number, seen)}.`
    : startIt("worker", mode);
  return { ...own, verdict, message, ...since(seen), fix };
}

/** Numbers with campaigns that neither a running worker nor this configuration has. */
export function unservedChecks(
  unserved: readonly UnservedNumber[],
  configured: Readonly<Record<string, unknown>>,
): Check[] {
  return unserved
    .filter(({ number }) => !Object.hasOwn(configured, number))
    .map(({ number, isRunning }) => ({
      ...({ code: "workers", name: "Workers", number } as const),
      verdict: isRunning ? "fail" : "warn",
      message: `number ${number}: ${unservedWords(isRunning)}`,
      fix: UNSERVED_FIX,
    }));
}

function receivers({ number, mode, receivers: seen, live, ended }: ProcessFacts): Check {
  const own = { code: "webhooks_process", name: "Webhooks", number } as const;
  if (seen.isLive) {
    const message = `number ${number}: a webhooks process was seen ${ago(seen)}`;
    return { ...own, verdict: "ok", message };
  }
  const open = [...live, ...ended].reduce(
    (sum, { counts }) => sum + counts.accepted + counts.sent + counts.unknown,
    0,
  );
  const missing = `number ${number}: no webhooks process ${unseenWords(seen)}`;
  if (open === 0) return { ...own, verdict: "ok", message: `${missing}; no outcome is pending` };
  const message = `${missing}; the outcome of ${counted(open, "message")} is pending`;
  return { ...own, verdict: "warn", message, ...since(seen), fix: startIt("webhooks", mode) };
}

/** A webhooks process may run although no webhook for this number arrives, or none is valid. */
function webhookTroubles({ number, troubles }: ProcessFacts): Check[] {
  const { described, signatures, silence } = troubles;
  return described.map(({ words: message, advice: fix }, at) => {
    const isRefused = at < signatures.length;
    return {
      ...{ code: isRefused ? "webhooks_refused" : "webhooks_silent", name: "Webhooks", number },
      ...{ verdict: "warn", message, fix },
      ...(isRefused || silence === undefined ? {} : { sinceMs: silence.sinceMs }),
    };
  });
}

function pausedByItself({
  id,
  number,
  status,
  reason,
  counts,
  pausedAt,
  closed,
}: LiveCampaign): Check[] {
  // One that waits for a second person is approved on its page, and not resumed.
  if (status !== "paused" || pauseCause(reason) !== "itself") return [];
  const { words, advice } = describePause(reason);
  return [
    {
      ...{ code: "campaign_paused", name: "Campaign", number, verdict: "warn" },
      message: printable(`${id} paused itself: ${words}`),
      fix: printable(advice),
      ...(pausedAt === null ? {} : { sinceMs: pausedAt }),
      ...(closed ? {} : { resume: { campaign: id, pending: counts.pending } }),
    },
  ];
}

/** Another version than the others, or a clock that is wrong: of processes that live. */
export function fleetChecks(processes: readonly SeenProcess[]): Check[] {
  const live = processes.filter(({ isLive }) => isLive);
  const versions = [...new Set(live.map(({ version }) => version))].sort();
  const checks: Check[] = [];
  if (versions.length > 1) {
    const each = versions.map(
      (one) =>
        `${one} (${live
          .filter(({ version }) => version === one)
          .map(nameOf)
          .join(", ")})`,
    );
    checks.push({
      ...{ code: "versions_differ", name: "Processes", verdict: "warn" },
      message: `processes of ${versions.length} versions run: ${each.join("; ")}`,
      fix: "Restart the processes of the older version with the newer one.",
    });
  }
  const wrong = live.filter((one) => Math.abs(skewOf(one)) > SKEW_MS_MAX);
  if (wrong.length > 0) {
    const each = wrong.map((one) => `${nameOf(one)} by ${Math.round(skewOf(one) / 1_000)} s`);
    checks.push({
      ...{ code: "clocks", name: "Processes", verdict: "fail" },
      message: `clocks differ from that of Redis: ${each.join(", ")}`,
      fix: "Synchronise the clocks (NTP): webhooks are refused when they seem 5 minutes old.",
    });
  }
  return checks;
}

/** WhatsApp numbers that are sent from, or are to be, under more than one name. */
export function nameChecks(processes: readonly SeenProcess[]): Check[] {
  const names = new Map<string, Map<string, string>>();
  for (const one of processes.filter(({ isLive }) => isLive)) {
    const entries = [
      ...Object.entries(one.senders ?? {}).map((entry) => [
        ...entry,
        `sent from by ${nameOf(one)}`,
      ]),
      ...Object.entries(one.waiting ?? {}).map((entry) => [...entry, `waits in ${nameOf(one)}`]),
    ];
    for (const [name = "", sender = "", how = ""] of entries) {
      names.set(sender, (names.get(sender) ?? new Map<string, string>()).set(name, how));
    }
  }
  return [...names].flatMap(([sender, each]): Check[] => {
    if (each.size < 2) return [];
    const words = [...each].map(([name, how]) => `${name} (${how})`).join(" and ");
    return [
      {
        ...{ code: "number_names", name: "Processes", verdict: "warn" },
        message: printable(`the WhatsApp number ${sender} has several names: ${words}`),
        fix: "Give it one name in the configuration of all processes.",
      },
    ];
  });
}

/** Webhooks are refused from 5 minutes on (Standard Webhooks 1.0): this is noticed far earlier. */
export const SKEW_MS_MAX = 10_000;

/** How far ahead of Redis its clock was at its last report; 0 if an older version said nothing. */
function skewOf({ clockMs, seenAt }: SeenProcess): number {
  return clockMs === undefined ? 0 : clockMs - seenAt;
}

function nameOf({ role, host, pid }: SeenProcess): string {
  return `${role} on ${host}, pid ${pid}`;
}

function since({ lastSeenMs }: Presence): Pick<Check, "sinceMs"> {
  return lastSeenMs === null ? {} : { sinceMs: Date.now() - lastSeenMs };
}

function ago({ lastSeenMs }: Presence): string {
  return `${Math.round((lastSeenMs ?? 0) / 1_000)} s ago`;
}

function startIt(role: "worker" | "webhooks", mode: NumberStore["mode"]): string {
  const up = mode === "sandbox" ? "dropcast up --sandbox" : "dropcast up";
  return `Start \`dropcast ${role}\` or \`${up}\`; if one runs, it uses another Redis or cannot write to this one: see its log.`;
}
