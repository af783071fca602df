/** `chokepoint simulate`: makes a world and posts it. */
import { type PostOptions, postWorld } from './post.ts';
import { createWorld } from './world.ts';

export interface SimulatorOptions extends PostOptions {
  readonly seed: number;
  /** Epoch ms at which the history ends. */
  readonly endsAt: number;
}

/** Returns the number of accepted events. Throws PostError. */
export async function runSimulator({ seed, endsAt, ...options }: SimulatorOptions): Promise<{ events: number }> {
  return postWorld(createWorld({ seed, endsAt }), options);
}
