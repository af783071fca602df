/** What the local ClickHouse's server and engine have to say to each other. */

/** Statements at once; others wait in line. Each holds a thread of the process while it runs. */
export const MAX_RUNNING = 8;

/** What the engine says about a statement that failed. */
export class EngineError extends Error {
  /** ClickHouse's own number. */
  readonly code: number;
  constructor(code: number, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}

export interface Statement {
  readonly sql: string;
  /** Rows of an INSERT in a binary format: `sql` ends before FORMAT. The engine takes text only, so that these reach it in a file. Null: all is in `sql`. */
  readonly binary: { readonly format: string; readonly rows: Uint8Array } | null;
  /** Of the result, where the statement does not say. */
  readonly format: string;
  readonly database: string | null;
  /** Settings, and parameters as `param_<name>` in ClickHouse's escaped form. */
  readonly settings: ReadonlyMap<string, string>;
  /** Only statements that read. */
  readonly readOnly: boolean;
  /** Hand out the result in pieces; only formats whose pieces can be joined. */
  readonly stream: boolean;
}
