/** A script of package.json that has commands by name: runs the one that was asked for, and ends with its exit code. */
export async function runNamed(script: string, commands: Readonly<Record<string, (args: readonly string[]) => Promise<number>>>): Promise<never> {
  const [name = '', ...args] = process.argv.slice(2);
  const command = commands[name];
  if (command === undefined) {
    console.error(`usage: npm run ${script} -- <${Object.keys(commands).join('|')}> [--help | options]`);
    process.exit(2);
  }
  process.exit(await command(args));
}
