import { once } from "node:events";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { basic, openDashboard, PASSWORD } from "./support.ts";

/** Sends the beginning of a request, whose body never ends; what came back, once it is cut. */
async function dribble(port: number, start: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  let text = "";
  socket.on("data", (chunk) => (text += chunk));
  socket.write(`${start}\r\nhost: 127.0.0.1\r\ncontent-length: 1000\r\n\r\nname=`);
  await once(socket, "close");
  return text;
}

const FORM = "content-type: application/x-www-form-urlencoded";
const SIGNED_IN = `authorization: ${basic(PASSWORD)}`;

test.each([
  ["of a stranger who signs in", `POST /sign-in HTTP/1.1\r\n${FORM}`],
  ["of a stranger who uploads", "PUT /api/lists HTTP/1.1"],
  ["of a signed-in person", `POST /access/users HTTP/1.1\r\n${FORM}\r\n${SIGNED_IN}`],
])("a request %s that does not arrive in time is cut, and is no error", async (_, start) => {
  const { port, logged } = await openDashboard({ readMsMax: 200 });

  await dribble(port, start);

  expect(logged.join()).not.toContain("dashboard request failed");
});

test("an upload of a signed-in person may take longer", async () => {
  // Enough to sign in also on a busy machine.
  const { port } = await openDashboard({ readMsMax: 3_000 });
  const cut = dribble(port, `PUT /api/lists HTTP/1.1\r\n${SIGNED_IN}`).then(() => "cut");
  const strangers = dribble(port, `POST /sign-in HTTP/1.1\r\n${FORM}`).then(() => "stranger");

  // The upload began first, so it would have been cut first.
  expect(await Promise.race([cut, strangers])).toBe("stranger");
});
