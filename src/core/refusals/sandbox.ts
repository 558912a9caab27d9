import { catalogue } from "./catalogue.ts";

/** The simulated API. */
export const SANDBOX = catalogue(400, {
  sandbox_cannot_listen: {
    meaning: "The sandbox cannot open its port.",
    fix: "Give another `--port`, or 0 for any free one.",
    http: 500,
  },
  sandbox_knob_fixed: {
    meaning:
      "A knob of a running sandbox that is fixed at its start (host, port, log paths) was to be turned.",
    fix: "Stop the sandbox and start it with the value.",
  },
  sandbox_knob_invalid: {
    meaning:
      "The value of a sandbox knob cannot be read, or the body of `POST /sandbox/knobs` is no JSON object.",
    fix: "The message says what is expected; `dropcast sandbox --help` shows every default.",
  },
  sandbox_knob_unknown: {
    meaning: "The sandbox has no knob of that name.",
    fix: "`dropcast sandbox --help` lists them all.",
  },
  sandbox_log_not_writable: {
    meaning: "A log file of the sandbox cannot be written.",
    fix: "Give `--log-path` and `--webhook-log-path` in a folder that exists.",
    http: 500,
  },
  sandbox_shares_above_one: {
    meaning:
      "The shares of faulty POSTs, or of messages that fail by webhook, add up to more than 1.",
    fix: "Lower them: each POST has one outcome.",
  },
});
