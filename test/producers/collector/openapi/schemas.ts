/** Checks values against the schemas of the served document, with the JSON Schema validator that the HTTP framework brings along. */
import Fastify from 'fastify';

export interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>>; readonly securitySchemes: Readonly<Record<string, object>> };
}

interface Operation {
  readonly operationId: string;
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

type Content = Readonly<Record<string, { readonly schema: { readonly $ref?: string }; readonly example?: unknown }>>;

/** Gives what is wrong with the value by that schema of the document, null where nothing is. The schemas must compile. */
export type Check = (name: string, value: unknown) => Promise<string | null>;

export async function checker({ components }: Document): Promise<Check> {
  const app = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } } });
  // Where the validator, which is strict about keywords, looks for them.
  const definitions = JSON.parse(JSON.stringify(components.schemas).replaceAll('#/components/schemas/', '#/definitions/')) as object;
  app.addSchema({ $id: 'document', definitions });
  for (const name of Object.keys(components.schemas)) {
    app.post(`/${name}`, { schema: { body: { type: 'object', required: ['value'], properties: { value: { $ref: `document#/definitions/${name}` } } } } }, () => ({}));
  }
  await app.ready();
  return async (name, value) => {
    const { statusCode, body } = await app.inject({ method: 'POST', url: `/${name}`, payload: { value } });
    return statusCode === 200 ? null : body;
  };
}

/** The name of the schema that a body has. */
export const nameOf = (content: Content | undefined, type: string): string => content?.[type]?.schema.$ref?.split('/').at(-1) ?? 'none';

/** Every `$ref` in it. */
export function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [String(inner)] : refsIn(inner)));
}
