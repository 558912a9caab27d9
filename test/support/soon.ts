/**
 * The limit of `vi.waitFor` for everything that happens in its own time. Long, because a machine
 * may be twenty times as busy as it is today; a test that is green does not wait for it.
 */
export const SOON = { timeout: 60_000, interval: 20 };
