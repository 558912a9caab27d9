import { createConnection } from "node:net";

/**
 * A kept-alive connection that sends one request at a time and speaks just enough HTTP/1.1 for it,
 * so that as little as possible of the machine goes into it. Answers the status.
 */
export function openConnection(port) {
  const socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
  let answered = () => {};
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk) => {
    text += chunk;
    const head = text.indexOf("\r\n\r\n");
    if (head === -1) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head))?.[1] ?? "0";
    if (text.length < head + 4 + Number(length)) return;
    const status = Number(text.slice(9, 12));
    text = "";
    answered(status);
  });
  // A receiver that is gone answers nothing: 0.
  const lost = () => answered(0);
  socket.on("error", lost).on("close", lost);
  return {
    /** `then` is called with the status of the answer, in the same turn. */
    send(request, then) {
      answered = then;
      socket.write(request);
    },
    close: () => socket.destroy(),
  };
}
