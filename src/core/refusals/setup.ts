import { catalogue } from "./catalogue.ts";

/** The configuration, the command line and the API. */
export const SETUP = catalogue(500, {
  api_mode_unknown: {
    meaning:
      "The API on loopback gives no answer, so it is not known whether it is the sandbox or leads to real people. Nothing was stored or sent; a role waits for it.",
    fix: "Start what listens there. If what is live is meant in any case, add `--live`.",
    http: 503,
  },
  api_unreachable: {
    meaning: "The LiveChat API gave no whole answer to `fetch`. Nothing was sent.",
    fix: "Check `DROPCAST_API_URL` and the network, then try again.",
    http: 502,
  },
  config_invalid: {
    meaning:
      "Environment, `.env` or the file of `DROPCAST_CONFIG` has mistakes, or a file of them is not UTF-8: all are told, by variable (`problems` in JSON).",
    fix: "Correct each as it says; `dropcast doctor` checks them again.",
  },
  metrics_cannot_listen: {
    meaning: "The metrics port of a role cannot be opened (taken, or not an address of this host).",
    fix: "Set `DROPCAST_METRICS_PORT` to a free port, or leave it empty, and `DROPCAST_HTTP_HOST` to an address of this host.",
  },
  mode_other: {
    meaning: "`--live` or `--sandbox` was given, and the API that is set is the other one.",
    fix: "Leave the option out, or set `DROPCAST_API_URL` to the API that is meant.",
    http: 409,
  },
  mode_unclear: {
    meaning:
      "A sandbox runs on the data folder beside a live `up`, or beside another `DROPCAST_API_URL` in the environment; or one was killed there, and what was meant for it would be LIVE; or an opt-out was given while a sandbox runs, and could be meant for either.",
    fix: "Add `--live` or `--sandbox`.",
    http: 409,
  },
  number_incomplete: {
    meaning: "A number that is to send has no id or no token.",
    fix: "Set `DROPCAST_NUMBER_ID` and `DROPCAST_API_TOKEN`, or `id` and `token` in the file that `DROPCAST_CONFIG` names.",
  },
  number_unknown: {
    meaning: "The campaign or the command names a number that is not configured.",
    fix: "Correct the name, or add the number to the file that `DROPCAST_CONFIG` names.",
    http: 404,
  },
  unexpected: {
    meaning: "A bug of Dropcast, or a system that behaves as nobody expected.",
    fix: "`DROPCAST_LOG_LEVEL=debug` shows where; please report it with that.",
  },
  usage: {
    meaning: "The command line was typed wrongly (exit code 2).",
    fix: "`dropcast --help`, or `dropcast COMMAND --help`.",
    http: 400,
  },
});
