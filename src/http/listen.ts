import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { accept, type Result, refuse } from "../core/refusal.ts";
import type { RefusalCode } from "../core/refusals.ts";

/** The address a server listens on. */
export interface Listening {
  readonly host: string;
  readonly port: number;
}

/** The address to open on this machine. */
export function localUrl({ host, port }: Listening): string {
  const local = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${local.includes(":") ? `[${local}]` : local}:${port}`;
}

interface ListenOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** The refusal code, and the variable that sets the port. */
  readonly refusal: RefusalCode;
  readonly portVariable: string;
}

/** Resolves when the port is open; refused, with the reason in words, if it cannot be opened. */
export function listen(server: Server, options: ListenOptions): Promise<Result<Listening>> {
  const { host, port } = options;
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const { message, fix } = explainListen(error, options);
      resolve(refuse(options.refusal, message, fix));
    };
    server.once("error", fail);
    server.listen({ host, port }, () => {
      server.off("error", fail);
      resolve(accept({ host, port: (server.address() as AddressInfo).port }));
    });
  });
}

/** Why a port cannot be opened, and which variable to change. */
export function explainListen(
  error: NodeJS.ErrnoException,
  { host, port, portVariable }: Pick<ListenOptions, "host" | "port" | "portVariable">,
): { readonly message: string; readonly fix: string } {
  const code = error.code ?? error.name;
  const place = `Port ${port} of ${host}`;
  switch (code) {
    case "EADDRINUSE":
      return {
        message: `${place} is in use by another program (${code}).`,
        fix: `Stop that program, or set ${portVariable} to a free port.`,
      };
    case "EACCES":
      return {
        message: `${place} may not be opened by this user (${code}): most systems reserve ports below 1024.`,
        fix: `Set ${portVariable} to a port from 1024 up.`,
      };
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return {
        message: `${host} is not an address of this host, so its port ${port} cannot be opened (${code}).`,
        fix: "Set DROPCAST_HTTP_HOST to an address of this host: 127.0.0.1, or 0.0.0.0 for all.",
      };
    default:
      return {
        message: `${place} cannot be opened (${code}).`,
        fix: `Set ${portVariable} to a free port, and DROPCAST_HTTP_HOST to an address of this host.`,
      };
  }
}

/**
 * Refuses new connections, and resolves when all are closed: running requests may take `withinMs`,
 * then they are cut. It stops listening at once.
 */
export async function closeServer(server: Server, withinMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), withinMs);
  await closed;
  clearTimeout(cut);
}
