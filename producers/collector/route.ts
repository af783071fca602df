/** What a route of the collector is: the app serves it and the OpenAPI document describes it, from one entry of the table in `routes.ts`. */
import type { Log } from '../../infra/service/log.ts';
import type { Health } from '../../infra/service/service.ts';
import type { Body } from './body.ts';
import type { Core } from './core.ts';
import type { Caller, Right } from './keys/key.ts';
import type { WriterContext } from './scan/write.ts';

/** JSON Schema, as OpenAPI 3.1 has it (2020-12). A `$ref` names a schema of `openapi/schemas.ts`. */
export type Schema = Readonly<Record<string, unknown>>;

/** A request whose key is good for the route. */
export interface Posted {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Of the address: `?user_id=ada`. */
  readonly query: Readonly<Record<string, unknown>>;
  /** The bytes as they came, packed or not; throws `BodyError` where there are none. */
  raw(): Buffer;
  /** The bytes unpacked. Throws `BodyError` and `TooLargeError`. */
  unpacked(): Promise<Buffer>;
  /** The values of `{"<list>": […]}` or of NDJSON, by the Content-Type; with a context they are events (`parseBody`). Throws `BodyError` and `TooLargeError`. */
  values(list: string, context?: WriterContext | null): Promise<Body>;
  /** The same of a body that is read by `parse`, from the unpacked bytes, of which there may be none. */
  read(parse: (bytes: Buffer) => Body): Promise<Body>;
}

export interface PostRoute {
  readonly path: string;
  readonly right: Right;
  /** Web pages of the allowed origins may post here. */
  readonly fromPages?: true;
  /** Of the answer to a request that is taken. */
  readonly success: number;
  readonly summary: string;
  readonly description?: string;
  /** By content type: what is taken, with an example that the collector takes. */
  readonly bodies: Readonly<Record<string, { readonly schema: Schema; readonly example: unknown }>>;
  readonly answer: { readonly description: string; readonly schema: Schema };
  /** The refusals besides 401, 429 and 503, which every one has. */
  readonly refusals: readonly (400 | 413 | 422)[];
  /** Null: the status says it all. */
  readonly handle: (core: Core, request: Posted, caller: Caller) => Promise<object | null>;
}

/** What is taken away, by an id in the path. */
export interface DeleteRoute {
  /** As OpenAPI writes it: `/v1/users/{user_id}`. */
  readonly path: string;
  readonly parameter: string;
  readonly right: Right;
  readonly success: number;
  readonly summary: string;
  readonly description: string;
  readonly handle: (core: Core, id: string) => Promise<void>;
}

/** What is asked without a key. */
export interface GetRoute {
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly answers: Readonly<Record<number, { readonly description: string; readonly contentType: string; readonly schema: Schema }>>;
  readonly handle: (asked: Asked) => Promise<Given>;
}

export interface Asked {
  /** Throws where there is none now. */
  readonly core: () => Core;
  readonly health: () => Health;
  readonly log: Log;
}

export interface Given {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | object;
}
