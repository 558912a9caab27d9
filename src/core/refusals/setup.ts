import { catalogue } from "./catalogue.ts";

/** The configuration, the command line and the API. */
export const SETUP = catalogue(500, {
  api_mode_unknown: {
    meaning:
      "The API on loopback does not answer, so it may be the sandbox or lead to real people. Nothing was stored or sent; a role waits for it.",
    fix: "Start the API there, or add `--live` if you mean the real one.",
    http: 503,
  },
  api_unreachable: {
    meaning: "`fetch` got no complete answer from the LiveChat API. Nothing was sent.",
    fix: "Check `DROPCAST_API_URL` and the network, then try again.",
    http: 502,
  },
  config_invalid: {
    meaning:
      "The environment, `.env` or the file in `DROPCAST_CONFIG` has mistakes, or a file is not UTF-8. All mistakes are listed by variable (`problems` in JSON).",
    fix: "Correct each of them; check again with `dropcast doctor`.",
  },
  init_not_writable: {
    meaning:
      "The folder that `init` was given cannot be written to. Nothing that exists was changed.",
    fix: "Give a folder of yours: `dropcast init FOLDER`.",
  },
  mcp_token_missing: {
    meaning: "`mcp` has no token for the HTTP API.",
    fix: "Make one with `dropcast token add NAME --role viewer`, and give it in `DROPCAST_MCP_TOKEN`.",
    http: 401,
  },
  metrics_cannot_listen: {
    meaning:
      "The metrics port of a role cannot be opened (in use, or not an address of this host).",
    fix: "Set `DROPCAST_METRICS_PORT` to a free port, or leave it empty, and `DROPCAST_HTTP_HOST` to an address of this host.",
  },
  metrics_method_not_allowed: {
    meaning: "The metrics port of a role only reads.",
    fix: "Use GET or HEAD.",
    http: 405,
  },
  metrics_path_unknown: {
    meaning: "The metrics port of a role serves nothing at this path.",
    fix: "It serves /healthz, /readyz and /metrics; webhooks and the dashboard have ports of their own.",
    http: 404,
  },
  mode_other: {
    meaning: "`--live` or `--sandbox` does not match the configured API.",
    fix: "Leave the option out, or set `DROPCAST_API_URL` to the intended API.",
    http: 409,
  },
  mode_unclear: {
    meaning:
      "A sandbox runs on the data folder beside a live `up`, or beside another `DROPCAST_API_URL` in the environment; or one was killed there, and what was meant for it would be LIVE; or an opt-out was given while a sandbox runs, so that it could be for either.",
    fix: "Add `--live` or `--sandbox`.",
    http: 409,
  },
  number_incomplete: {
    meaning: "A number needed for sending has no id or no token.",
    fix: "Set `DROPCAST_NUMBER_ID` and `DROPCAST_API_TOKEN`, or `id` and `token` in the file in `DROPCAST_CONFIG`.",
  },
  number_unknown: {
    meaning: "The campaign or the command names a number that is not configured.",
    fix: "Correct the name, or add the number to the file in `DROPCAST_CONFIG`.",
    http: 404,
  },
  unexpected: {
    meaning: "A bug in Dropcast, or unexpected behaviour of the system.",
    fix: "Set `DROPCAST_LOG_LEVEL=debug` to see where, and report it with that log.",
  },
  usage: {
    meaning: "The command line is not valid (exit code 2).",
    fix: "See `dropcast --help` or `dropcast COMMAND --help`.",
    http: 400,
    exitCode: 2,
  },
  webhooks_out_missing: {
    meaning: "`webhooks-out test` or `retry` was given, and no endpoint is configured.",
    fix: "Add `webhooksOut` to the file in `DROPCAST_CONFIG`: see docs/webhooks-out.md.",
    http: 404,
  },
});
