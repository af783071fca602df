/** An adapter's element as the collector takes it. Throws where either refuses. */
import assert from 'node:assert/strict';
import type { Adapted } from '../../../producers/adapters/adapted.ts';
import { validateEvent } from '../../../producers/collector/validate.ts';
import type { PlatformEvent } from '../../../schemas/records.ts';

export function accepted(adapted: Adapted): PlatformEvent {
  if (adapted.kind !== 'event') assert.fail(adapted.kind === 'refused' ? adapted.detail : 'ignored');
  return validateEvent(adapted.element, { receivedAt: 0, source: 'key', newId: () => assert.fail('adapters make the id') });
}
