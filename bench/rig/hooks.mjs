// The sender of webhooks: a process of its own. It signs all requests beforehand.
import { serve } from "./child.mjs";
import { openConnection } from "./connection.mjs";
import { eventRequest, STATUSES } from "./events.mjs";

/** So many messages are sent, then delivered, then read, before the next ones begin. */
const BLOCK_MESSAGES = 500;

let requests = [];
let connections = [];

/** Three events for each message, in the order in which they come while a campaign is sent. */
function build(messages) {
  requests = [];
  for (let from = 0; from < messages.length; from += BLOCK_MESSAGES) {
    const block = messages.slice(from, from + BLOCK_MESSAGES);
    for (const status of STATUSES) {
      for (const { to, wamid } of block) {
        requests.push(eventRequest({ id: `msg_${requests.length}`, wamid, to, status }));
      }
    }
  }
  return requests.length;
}

/** Closed loop: each connection sends its next request when it has the answer to the last one. */
function sendAll() {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const times = [];
    let next = 0;
    const send = (connection) => {
      if (next === requests.length) return;
      const request = requests[next++];
      const sentAt = performance.now();
      connection.send(request, (status) => {
        if (status !== 204) return reject(new Error(`The receiver answered ${status}.`));
        times.push(performance.now() - sentAt);
        if (times.length === requests.length) resolve(figures(times, startedAt));
        else send(connection);
      });
    };
    for (const connection of connections) send(connection);
  });
}

/**
 * Open loop: requests are due at random moments (Poisson) at this rate, whatever the receiver does.
 * The time of each counts from when it was due, so a receiver that stands still is charged for all
 * that it keeps waiting.
 */
function sendAt(perSecond) {
  return new Promise((resolve, reject) => {
    const random = randomFrom(20_261_130);
    const startedAt = performance.now();
    const times = [];
    const idle = [...connections];
    const waiting = [];
    let made = 0;
    let nextAt = startedAt;
    const send = (connection) => {
      const { request, dueAt } = waiting.shift();
      connection.send(request, (status) => {
        if (status !== 204) return reject(new Error(`The receiver answered ${status}.`));
        times.push(performance.now() - dueAt);
        if (times.length === requests.length) resolve(figures(times, startedAt));
        else if (waiting.length > 0) send(connection);
        else idle.push(connection);
      });
    };
    const tick = () => {
      const now = performance.now();
      while (made < requests.length && nextAt <= now) {
        waiting.push({ request: requests[made++], dueAt: nextAt });
        nextAt -= (Math.log(1 - random()) / perSecond) * 1_000;
        if (idle.length > 0) send(idle.pop());
      }
      if (made < requests.length) setTimeout(tick, Math.max(0, nextAt - performance.now()));
    };
    tick();
  });
}

function figures(times, startedAt) {
  const tookMs = performance.now() - startedAt;
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))];
  return { perSecond: (times.length / tookMs) * 1_000, p50: at(0.5), p99: at(0.99) };
}

/** mulberry32: the same moments in each run. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

serve({
  /** `count` connections, spread over the ports. */
  connect: ({ ports, count }) => {
    for (const connection of connections) connection.close();
    connections = Array.from({ length: count }, (_, at) =>
      openConnection(ports[at % ports.length]),
    );
  },
  build,
  sendAll,
  sendAt,
});
