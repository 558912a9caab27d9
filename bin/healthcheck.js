#!/usr/bin/env node
// The container's own check, without curl: exits 0 when the role in this container answers
// /healthz. Which role that is nobody tells it, and it need not know: of the three ports the one
// that is open is asked. A port that is closed belongs to another role.
import { request } from "node:http";

const TIMEOUT_MS = 4_000;
const ports = [
  process.env.DROPCAST_METRICS_PORT,
  process.env.DROPCAST_WEBHOOK_PORT || "8081",
  process.env.DROPCAST_DASHBOARD_PORT || "8080",
].filter(Boolean);

const answers = await Promise.all(ports.map(ask));
const well = answers.some((answer) => answer === "ok");
const unwell = answers.filter((answer) => answer !== "ok" && answer !== "closed");
if (!well || unwell.length > 0) {
  console.error(`unhealthy: ${unwell.join(", ") || `nothing answers on ${ports.join(", ")}`}`);
  process.exit(1);
}

function ask(port) {
  return new Promise((resolve) => {
    const asked = request({ host: "127.0.0.1", port, path: "/healthz", timeout: TIMEOUT_MS });
    asked.on("response", (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? "ok" : `port ${port} answers ${response.statusCode}`);
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer in time")));
    asked.on("error", (error) => {
      resolve(error.code === "ECONNREFUSED" ? "closed" : `port ${port}: ${error.message}`);
    });
    asked.end();
  });
}
