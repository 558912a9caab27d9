import { catalogue } from "./catalogue.ts";

/** The simulated API. */
export const SANDBOX = catalogue(400, {
  sandbox_cannot_listen: {
    meaning: "The sandbox cannot open its port.",
    fix: "Use another `--port`, or 0 for any free one.",
    http: 500,
  },
  sandbox_knob_fixed: {
    meaning:
      "An option that is fixed at the start (host, port, log paths) cannot change while the sandbox runs.",
    fix: "Stop the sandbox and start it with the new value.",
  },
  sandbox_knob_invalid: {
    meaning:
      "The value of a sandbox option is not valid, or the body of `POST /sandbox/knobs` is not a JSON object.",
    fix: "See the message for the expected value, and `dropcast sandbox --help` for the defaults.",
  },
  sandbox_knob_unknown: {
    meaning: "The sandbox has no option with that name.",
    fix: "See `dropcast sandbox --help`.",
  },
  sandbox_log_not_writable: {
    meaning: "A log file of the sandbox cannot be written.",
    fix: "Set `--log-path` and `--webhook-log-path` to files in an existing folder.",
    http: 500,
  },
  sandbox_shares_above_one: {
    meaning:
      "The shares of faulty POSTs, or of messages that fail by webhook, add up to more than 1.",
    fix: "Lower them: each POST has one outcome.",
  },
});
