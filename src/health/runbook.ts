import { REDIS_CHECKS, type RunbookEntry } from "./runbook-redis.ts";

/**
 * Every check by its code, the gravest first, with what an engineer on call needs to know about it.
 * docs/runbooks.md and the dashboard's page of runbooks are made from here. Released codes are not
 * renamed: alerts and scripts rely on them.
 */
export const CHECKS = {
  ...REDIS_CHECKS,
  rollback: {
    title: "Redis went back in time",
    means:
      "The claim counter shows that Redis lacks changes that it once confirmed: a backup was restored, a failover lost writes, or the address is wrong. The number sends nothing until a person decides.",
    steps: [
      "Check for a restored backup, a failover, or a wrong DROPCAST_REDIS_URL.",
      "If the newer data still exists, restore it: nothing is lost then.",
      "Else run `dropcast doctor --accept-rollback`, and look at the messages that become unknown.",
      "Only after a mere restart with all data: `dropcast doctor --nothing-lost`.",
    ],
    safe: "Accepting the rollback is safe: what may have been sent becomes unknown and is not sent again by itself. `--nothing-lost` is not, if data is missing: people would get messages twice.",
  },
  number_suspended: {
    title: "A number is suspended",
    means:
      "The API or WhatsApp refused the account, or counters do not match their rows. Running campaigns of the number are paused, and nothing is sent from it.",
    steps: [
      "Correct the cause that the message names, in LiveChat or in WhatsApp Manager.",
      "Resume one of the paused campaigns: that lifts the suspension.",
      "One message goes first; the rest follows when it is accepted.",
      "Resume the other campaigns that it paused.",
    ],
    safe: "Safe: resuming sends only messages that wait, and none again that was sent. If the cause is still there, the first message is refused and the number is suspended again.",
  },
  workers: {
    title: "No worker sends for a number",
    means: "Messages wait, but no worker that has the number reports itself.",
    steps: [
      "Start `dropcast worker` (or `up`), or look at the log of the one that runs.",
      "If one runs: does it have this number, this Redis and this mode?",
    ],
    safe: "Starting workers is safe, however many: a message is claimed once.",
  },
  backoff: {
    title: "A number is backing off",
    means:
      "The API answered that it is too fast, or cannot be reached. Nothing is sent until the backoff ends, by itself.",
    steps: [
      "Too fast: nothing to do. If it happens often, lower the rate of the number.",
      "Unreachable: check DROPCAST_API_URL, the network and the firewall.",
    ],
    safe: "Nothing has to be pressed. Lowering a rate is safe at any time.",
  },
  restart_settling: {
    title: "Redis was restarted",
    means:
      "Redis was restarted, and no worker has confirmed yet that it has all its data. The number sends nothing until then.",
    steps: [
      "Wait some seconds.",
      "If it lasts, start a worker with its own data folder (DROPCAST_DATA_DIR).",
    ],
    safe: "Waiting and starting workers are safe.",
  },
  campaign_paused: {
    title: "A campaign paused itself",
    means:
      "Something about its messages looked wrong, so it stopped before more people were affected. It stays paused until a person resumes or cancels it.",
    steps: [
      "Read the reason and the failures on its page.",
      "Correct the cause; if its file or list is wrong, cancel it and send a corrected one.",
      "Resume it, with a probe of 20 messages first if you are not sure.",
    ],
    safe: "Safe: resuming sends only messages that wait, and none again that was sent. If the cause is still there, it pauses again.",
  },
  portfolio_budget: {
    title: "A portfolio has used its budget of people",
    means:
      "WhatsApp limits how many different people a portfolio writes to in 24 hours. Messages to others wait.",
    steps: [
      "Nothing to do: they are sent when there is room.",
      "If WhatsApp Manager shows a higher limit, raise `dailyRecipients` of the portfolio and restart the workers.",
    ],
    safe: "Raising the limit above what WhatsApp Manager shows is not safe: WhatsApp then refuses messages.",
  },
  portfolio_differs: {
    title: "Processes count people for different portfolios, or for different caps",
    means:
      "A worker that counts for another portfolio, for other frequency caps or for none sends nothing for this number.",
    steps: ["Give all processes the same configuration file, and restart them."],
    safe: "Restarting workers is safe: they finish what is on its way.",
  },
  rates_differ: {
    title: "Workers disagree about a rate",
    means: "Workers of a number are configured with different rates. The lowest applies.",
    steps: ["Give all workers the same rate, or set one for all on the page of the number."],
    safe: "Safe: a number is never faster than the lowest rate.",
  },
  number_names: {
    title: "A WhatsApp number has several names",
    means:
      "Workers have the same WhatsApp number under different names, as while it is renamed. Each name has a pace of its own, so a worker waits with a new name until no other process reports the old one.",
    steps: [
      "During a rename there is nothing to do: it ends when the last process has taken it and finished what it had on the wire, or two minutes after one was killed.",
      "Else give all processes the same configuration file.",
    ],
    safe: "Safe: nothing is sent under the name that waits.",
  },
  oldest_due: {
    title: "Messages are due and not sent",
    means: "A running campaign has work that is due, but no worker has taken it up.",
    steps: [
      "Look at the log of the workers: each restart and refusal is there.",
      "Is the machine overloaded, or Redis slow?",
      "Restart a worker if nothing is logged.",
    ],
    safe: "Restarting a worker is safe.",
  },
  oldest_sending: {
    title: "Messages are on their way for too long",
    means: "The lease of an attempt has ended, but no worker has marked it as unknown.",
    steps: ["Is a worker running for the number? Every worker does this within seconds."],
    safe: "Starting a worker is safe: such messages become unknown and are not sent again.",
  },
  oldest_unknown: {
    title: "It is not known whether messages were sent",
    means:
      "No answer and no webhook said whether they were sent, for more than a day. They are not sent again by themselves.",
    steps: [
      "Look them up in LiveChat or WhatsApp Manager.",
      "Decide them: it was sent, it was not sent, or send again.",
    ],
    safe: "`sent` and `failed` only note what you know. `resend` may reach a person twice.",
  },
  failed_outbox: {
    title: "Failed messages are missing in Bull Board",
    means: "Failed messages wait to be listed as failed jobs. Sending is not affected.",
    steps: ["Start a worker, or look at its log."],
    safe: "Safe: the record of the messages is complete.",
  },
  webhooks_process: {
    title: "No process receives webhooks",
    means: "Outcomes of messages are not known while no process receives webhooks for the number.",
    steps: ["Start `dropcast webhooks` (or `up`), and check its log and address."],
    safe: "Safe: LiveChat repeats webhooks, and a repeated one changes nothing.",
  },
  webhooks_silent: {
    title: "No webhook reports on accepted messages",
    means: "Messages are accepted, but no webhook says whether they were delivered.",
    steps: [
      "Ask LiveChat whether a webhook is registered for the number, and for which address.",
      "Check that the webhooks port can be reached there.",
    ],
    safe: "Safe: messages stay accepted, and nothing is sent again because of it.",
  },
  webhooks_refused: {
    title: "Webhooks have a wrong signature",
    means: "Webhooks arrive whose signature does not match the secret, so they are refused.",
    steps: [
      "Compare DROPCAST_WEBHOOK_SECRET with the secret in LiveChat; several may be set while it changes.",
      "If outcomes do arrive, a stranger sent them: nothing to do.",
    ],
    safe: "Adding the right secret is safe: LiveChat repeats refused webhooks.",
  },
  webhooks_last: {
    title: "The last webhook",
    means: "When the last valid webhook of the number came.",
    steps: ["Nothing to do: silence while messages are accepted is reported by itself."],
    safe: "Nothing has to be pressed.",
  },
  unmatched_events: {
    title: "Status events matched no message",
    means: "Webhooks reported on messages that Dropcast did not send, such as those of agents.",
    steps: ["Nothing to do, unless the count grows as fast as your campaigns send."],
    safe: "Nothing has to be pressed.",
  },
  webhooks_out: {
    title: "An endpoint of webhooks out fails",
    means: "Your own system does not take the events that Dropcast sends it. They are kept.",
    steps: ["Correct the endpoint.", "Try it: `dropcast webhooks-out test`."],
    safe: "Safe: deliveries are repeated for three days under the same id.",
  },
  clocks: {
    title: "Clocks differ",
    means:
      "The clock of a machine is more than 10 s from that of Redis. From 5 minutes on, valid webhooks are refused.",
    steps: ["Synchronise the clocks (NTP) of the machines that the message names."],
    safe: "Correcting a clock is safe: waits are measured by a clock that never goes back.",
  },
  versions_differ: {
    title: "Processes have different versions",
    means: "Processes of several versions of Dropcast run. That is normal during an update only.",
    steps: ["Finish the update: restart the processes that have the older version."],
    safe: "Restarting processes is safe: they finish what is on its way.",
  },
  drops_failed: {
    title: "Dropped lists have failed",
    means: "Lists were dropped that could not be imported. None of their messages is sent.",
    steps: [
      "Read the report on the page of drops, or beside the list in `failed/`.",
      "Correct the file, and drop it again.",
    ],
    safe: "Dropping a corrected list is safe: the same list is not imported twice.",
  },
  drops_waiting: {
    title: "Dropped files wait",
    means:
      "A list has no campaign file yet, a campaign file has no list, or no producer takes them.",
    steps: ["Add what is missing, or remove the file from the folder."],
    safe: "Safe: nothing is sent of a list that waits.",
  },
  recurring: {
    title: "A recurring campaign file is in trouble",
    means: "A recurring campaign file cannot be read, was not run, or its last run failed.",
    steps: ["Look at the file in `recurring/` of the drop folder, and at the producer's log."],
    safe: "Correcting the file is safe: a due time is run once.",
  },
  retention: {
    title: "Rows of old campaigns are kept",
    means: "No retention is set, so phone numbers and texts of ended campaigns are never deleted.",
    steps: ["Set DROPCAST_RETENTION_DAYS for all processes, and restart them."],
    safe: "Deleted rows cannot be restored: export what you need first. Nothing is sent again.",
  },
  configuration: {
    title: "The configuration has mistakes",
    means: "A variable or the configuration file has a mistake, so a process would not start.",
    steps: ["Correct what the message names."],
    safe: "Safe: nothing is changed until a process starts.",
  },
  number_credentials: {
    title: "A number cannot be used",
    means: "Its id or token is missing, or the API refuses them or cannot be reached.",
    steps: [
      "Correct the id or token in the configuration. `dropcast fetch` shows the whole answer.",
    ],
    safe: "Checking sends no message.",
  },
  webhook_secret: {
    title: "A number has no webhook secret",
    means: "Without it no webhook is accepted, so outcomes stay at accepted.",
    steps: ["Set DROPCAST_WEBHOOK_SECRET, or `webhookSecretFile` of the number."],
    safe: "Safe at any time.",
  },
  folders: {
    title: "A folder cannot be used",
    means: "The drop folder or the data folder cannot be written to.",
    steps: ["Correct its permissions, or set the variable to another folder."],
    safe: "Safe. Keep the data folder of a worker: it remembers what Redis confirmed.",
  },
  ports: {
    title: "A port is taken",
    means: "Another program listens on a port that a role needs.",
    steps: ["Set the variable that the message names to a free port."],
    safe: "Safe.",
  },
  node: {
    title: "Node.js",
    means: "The version of Node.js that runs Dropcast.",
    steps: ["Nothing to do."],
    safe: "Nothing has to be pressed.",
  },
} as const satisfies Readonly<Record<string, RunbookEntry>>;

export type CheckCode = keyof typeof CHECKS;
