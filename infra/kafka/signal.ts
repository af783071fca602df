/** A latch between those who have news and the one who waits: news that comes while nobody waits is kept. */
export interface Signal {
  readonly raise: () => void;
  /** Resolves at once if raised since the last wait; after `timeoutMs` in any case. One waiter at a time. */
  readonly wait: (timeoutMs?: number) => Promise<void>;
}

export function createSignal(): Signal {
  let raised = false;
  let release: (() => void) | null = null;
  return {
    raise: () => {
      raised = true;
      release?.();
    },
    wait: async (timeoutMs) => {
      if (!raised) {
        await new Promise<void>((resolve) => {
          const timer = timeoutMs === undefined ? null : setTimeout(resolve, timeoutMs);
          release = () => {
            if (timer !== null) clearTimeout(timer);
            resolve();
          };
        });
        release = null;
      }
      raised = false;
    },
  };
}
