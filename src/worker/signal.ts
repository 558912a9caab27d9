/** A wake-up call for one loop: it is kept if raised while the loop is not waiting. */
export function createSignal() {
  let raised = false;
  let wake: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;

  function raise(): void {
    raised = true;
    wake?.();
  }

  return {
    raise,

    /** Resolves when raised, or after `timeoutMs`. */
    async wait(timeoutMs = Number.POSITIVE_INFINITY): Promise<void> {
      if (!raised && timeoutMs > 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (timeoutMs < 2 ** 31) timer = setTimeout(resolve, timeoutMs);
        });
        clearTimeout(timer);
        wake = undefined;
      }
      raised = false;
    },
  };
}

export type Signal = ReturnType<typeof createSignal>;
