/** `chokepoint acls`: the rights that each service's user needs on a cluster that asks, as commands for kafka-acls.sh. */
import { aclCommands } from '../kafka/acls.ts';
import { readSettings } from '../settings.ts';
import { readArguments } from './arguments.ts';

export function acls(args: readonly string[]): Promise<number> {
  if (readArguments('acls', {}, args) !== null) console.log(aclCommands(readSettings(process.env).app));
  return Promise.resolve(0);
}
