/** What one check says. */
export interface Finding {
  readonly check: string;
  /** `warn`: it works, and somebody should look; `fail`: something does not work, or will not. */
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do; null where nothing is to be done. */
  readonly remedy: string | null;
}

export const ok = (check: string, detail: string): Finding => ({ check, status: 'ok', detail, remedy: null });
export const warn = (check: string, detail: string, remedy: string): Finding => ({ check, status: 'warn', detail, remedy });
export const fail = (check: string, detail: string, remedy: string): Finding => ({ check, status: 'fail', detail, remedy });

/** Several of a kind as one line, the first few by name. */
export function listed(names: readonly string[], most = 3): string {
  return names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}
