import { NUMBER_ID, TOKEN } from "./campaign.mjs";
import { WEBHOOK_SECRET } from "./events.mjs";

/** The environment of a Dropcast process: the documented variables and nothing else. */
export function dropcastEnv({ socket, port, ratePerSecond, dir }) {
  return {
    DROPCAST_REDIS_URL: `unix://${socket}`,
    DROPCAST_API_URL: apiUrl(port),
    DROPCAST_NUMBER_ID: NUMBER_ID,
    DROPCAST_API_TOKEN: TOKEN,
    DROPCAST_RATE_PER_SECOND: String(ratePerSecond),
    DROPCAST_WEBHOOK_SECRET: WEBHOOK_SECRET,
    DROPCAST_WEBHOOK_PORT: "0",
    DROPCAST_DATA_DIR: dir,
    // appendfsync everysec is refused without it.
    DROPCAST_ALLOW_UNSAFE_REDIS: "true",
  };
}

export function plainEnv({ socket, port, ratePerSecond }) {
  return {
    REDIS_SOCKET: socket,
    API_URL: apiUrl(port),
    RATE_PER_SECOND: String(ratePerSecond),
    WEBHOOK_SECRET,
  };
}

function apiUrl(port) {
  return `http://127.0.0.1:${port}/v1`;
}
