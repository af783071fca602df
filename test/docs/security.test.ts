/** docs/security.md shows the rights that the table has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ACL_USERS, aclCommands, rightsOf } from '../../infra/kafka/acls.ts';
import { REHEARSAL } from '../../schemas/topics.ts';

test('the commands in docs/security.md are those that `chokepoint acls` prints', () => {
  const document = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
  assert.ok(document.includes(`\n\`\`\`sh\n${aclCommands('')}\n\`\`\`\n`), 'npm run -s chokepoint -- acls');
});

test('of another app everything is named like it, but for what all apps share', () => {
  for (const user of ACL_USERS) {
    for (const { names } of rightsOf(user, 'replay')) for (const name of names) assert.ok(name.startsWith('replay.') || name.startsWith('platform.') || name === REHEARSAL, name);
  }
  assert.match(aclCommands('replay'), /'User:replay\.processor' --operation Write --resource-pattern-type prefixed --transactional-id 'replay\.processor-'/);
});
