/** `chokepoint settings`: every setting as the README lists it. */
import { SETTINGS } from '../settingsTable.ts';
import { readArguments } from './arguments.ts';

export function settingsMarkdown(): string {
  return ['| setting | default | what |', '| --- | --- | --- |', ...SETTINGS.map((setting) => `| \`${setting.name}\` | ${setting.default === null || setting.default === '' ? '' : `\`${setting.default}\``} | ${setting.what} |`)].join('\n');
}

export function settings(args: readonly string[]): Promise<number> {
  if (readArguments('settings', {}, args) !== null) console.log(settingsMarkdown());
  return Promise.resolve(0);
}
