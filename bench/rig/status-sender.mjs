import { clockMs } from "./child.mjs";
import { openConnection } from "./connection.mjs";
import { eventRequest, STATUSES } from "./events.mjs";

const CONNECTIONS = 64;
/** From a message's acceptance to `sent`, and from each event's answer to the next event. */
const DELAY_MS = 200;
/** An event that was not taken is sent again after this. */
const AGAIN_MS = 1_000;
const TICK_MS = 5;

/** Reports each message by signed webhooks, one after the other: sent, delivered, read. */
export function createStatusSender(port) {
  const idle = Array.from({ length: CONNECTIONS }, () => openConnection(port));
  const all = [...idle];
  // Each queue has one delay, so what comes first is due first.
  const queues = [createQueue(DELAY_MS), createQueue(AGAIN_MS)];
  const report = { finished: 0, lastAt: 0, again: 0 };
  let made = 0;

  function send(connection, event) {
    const request = eventRequest({ ...event, id: `msg_${made++}`, status: STATUSES[event.step] });
    connection.send(request, (status) => {
      idle.push(connection);
      if (status !== 204) {
        report.again++;
        queues[1].add(event);
      } else if (event.step + 1 < STATUSES.length) {
        queues[0].add({ ...event, step: event.step + 1 });
      } else {
        report.finished++;
        report.lastAt = clockMs();
      }
      pump();
    });
  }

  function pump() {
    for (const queue of queues) {
      while (idle.length > 0) {
        const event = queue.take();
        if (event === undefined) break;
        send(idle.pop(), event);
      }
    }
  }

  const timer = setInterval(pump, TICK_MS);
  return {
    accepted: (message) => queues[0].add({ ...message, step: 0 }),
    report: () => report,
    stop() {
      clearInterval(timer);
      for (const connection of all) connection.close();
    },
  };
}

function createQueue(delayMs) {
  let items = [];
  let head = 0;
  return {
    add: (item) => items.push({ item, dueAt: performance.now() + delayMs }),
    take() {
      if (head === items.length || items[head].dueAt > performance.now()) return undefined;
      const { item } = items[head++];
      if (head > 10_000) [items, head] = [items.slice(head), 0];
      return item;
    },
  };
}
