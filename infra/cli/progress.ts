/** What a person sees while the system works: phases with their seconds, and one line that is kept up to date on a terminal. */
import type { WriteStream } from 'node:tty';

export interface Progress {
  say(text: string): void;
  /** Announces a phase; call the result at its end. */
  phase(text: string): () => void;
  /** The current line: rewritten on a terminal, printed now and then elsewhere. */
  line(text: string): void;
}

/** Off a terminal a line is printed this often at the most. */
const QUIET_MS = 5_000;

export function createProgress(stream: WriteStream | NodeJS.WritableStream): Progress {
  const terminal = 'isTTY' in stream && stream.isTTY;
  let open = false;
  let lastLineAt = 0;
  const say = (text: string): void => {
    stream.write(`${open ? '\n' : ''}${text}\n`);
    open = false;
  };
  return {
    say,
    phase: (text) => {
      const begun = Date.now();
      say(`${text} …`);
      return () => { say(`  done in ${((Date.now() - begun) / 1000).toFixed(1)} s`); };
    },
    line: (text) => {
      if (terminal) {
        stream.write(`\r\u001b[2K${text}`);
        open = true;
      } else if (Date.now() - lastLineAt >= QUIET_MS) {
        lastLineAt = Date.now();
        say(text);
      }
    },
  };
}
