/** Hostile requests to the paths of other standards: the examples of the document with fields that are wrong, given twice, or too deep. */
import { gzipSync } from 'node:zlib';
import { ADAPTER_ROUTES } from '../../../../producers/collector/adapterRoutes.ts';
import { damaged, value, type Dice, type HostileRequest } from './requests.ts';

const EXAMPLES = ADAPTER_ROUTES.flatMap(({ path, bodies }) => Object.entries(bodies).map(([type, { example }]) => ({ path, type, example })));
const CE = { 'ce-specversion': '1.0', 'ce-id': 'i', 'ce-source': '/s', 'ce-type': 'com.example.notebook.opened' };

/** The text of the value with some of its fields, at any depth, given again with another value. */
function twisted(dice: Dice, given: unknown): string {
  if (typeof given !== 'object' || given === null) return dice.int(12) === 0 ? value(dice) : JSON.stringify(given);
  if (Array.isArray(given)) return `[${given.map((one) => twisted(dice, one)).join(',')}]`;
  const fields = Object.entries(given).flatMap(([name, one]) => [`${JSON.stringify(name)}:${twisted(dice, one)}`, ...(dice.int(12) === 0 ? [`${JSON.stringify(name)}:${value(dice)}`] : [])]);
  if (dice.int(10) === 0) fields.push(`"__proto__":${value(dice)}`);
  return `{${fields.join(',')}}`;
}

export function hostileAdapted(dice: Dice): HostileRequest {
  const { path, type, example } = dice.pick(EXAMPLES);
  const binary = path === '/v1/cloudevents' && dice.int(3) === 0;
  const text = twisted(dice, example);
  let body: Buffer = Buffer.from(type.includes('ndjson') || dice.int(10) === 0 ? `${text}\n${twisted(dice, example)}` : text);
  if (dice.int(6) === 0) body = damaged(dice, body);
  const packed = dice.int(5) === 0;
  if (packed) body = gzipSync(body, { level: 1 });
  return {
    method: 'POST',
    path: dice.int(5) === 0 ? `${path}?user_id=${dice.pick(['ada', '', '%00', '%', 'a&user_id=b', '__proto__', 'x'.repeat(300)])}` : path,
    headers: {
      'content-type': binary ? dice.pick(['application/json', 'text/plain', 'application/octet-stream']) : dice.int(15) > 0 ? type : 'application/json',
      authorization: `Bearer ${dice.pick(['w', 'w', 'w', 'scoped', 'nobody'])}`,
      ...(binary ? Object.fromEntries(Object.entries(CE).filter(() => dice.int(12) > 0)) : {}),
      ...(binary && dice.int(3) === 0 ? { 'ce-userid': dice.pick(['ada', '%C3%A9', '%', '', 'x'.repeat(300)]) } : {}),
      ...(packed ? { 'content-encoding': 'gzip' } : {}),
    },
    body: [body],
  };
}
