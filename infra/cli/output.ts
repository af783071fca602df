/** What a command prints, where it goes into a pipe. */

/** `| head` is done with us: so are we. */
export function endWithReader(): void {
  process.stdout.once('error', () => process.exit(0));
}

/** Much may be on its way still, the last line with the result too: an exit at once would cut it off. */
export function exitWhenPrinted(code: number): void {
  process.stdout.write('', () => process.exit(code));
}
